#include "dataplane/link/enrolment.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/certificate.h"
#include "common/wire/channel.h"
#include "common/wire/connect_failure.h"
#include "dataplane/link/join_token.h"
#include "sluice/fleet/v1/fleet.grpc.pb.h"

namespace sluice::link {
namespace {

constexpr std::chrono::seconds kRenewalAnswer{5};
constexpr absl::Duration kRenewalPause = absl::Seconds(10);

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

double JitterOf(uint64_t seed) {
  std::mt19937_64 random(seed);
  return std::uniform_real_distribution<double>(0, 1)(random);
}

}  // namespace

Enrolment::Enrolment(Options options, const base::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      jitter_(JitterOf(options_.seed)),
      identity_(options_.state_dir) {}

std::string Enrolment::Shown() const {
  if (token_shown_) return base::Cat("the join token in ", options_.join_token_file);
  return base::Cat("the certificate of node ", options_.node_id);
}

std::string Enrolment::Explain(const absl::Status& why) const {
  const std::string_view message = base::ToStd(why.message());
  if (!absl::IsUnavailable(why)) return std::string(message);
  return wire::TlsFailure(message, !options_.authority_file.empty()).value_or(std::string(message));
}

absl::StatusOr<Enrolment::Entrance> Enrolment::Enter() {
  if (options_.authority_file.empty()) return EnterInPlaintext();
  const auto authority = ReadAuthority();
  if (!authority.ok()) return authority.status();
  const bool doubtful = refused_ || clock_.Now() >= identity_.expires_at();
  if (!identity_.has_certificate() || doubtful) {
    const auto token = ReadJoinToken(options_.join_token_file);
    if (token.ok()) {
      // If it does not help, the certificate has its turn again: the control plane may have been
      // wrong, or this clock.
      refused_ = false;
      const absl::Status joined = Join(*authority, *token);
      if (!joined.ok()) return joined;
    } else if (!identity_.has_certificate()) {
      return absl::FailedPreconditionError(
          base::Cat("this node has no certificate, and ", token.status().message()));
    }
  }
  token_shown_ = false;
  auto channel = OpenTls(*authority, true);
  if (!channel.ok()) return channel.status();
  return Entrance{*std::move(channel), base::Secret()};
}

absl::StatusOr<Enrolment::Entrance> Enrolment::EnterInPlaintext() {
  token_shown_ = true;
  auto token = ReadJoinToken(options_.join_token_file);
  if (!token.ok()) return token.status();
  auto channel = wire::OpenChannel(
      {.target = options_.control_plane, .insecure = options_.insecure, .own_connection = true});
  if (!channel.ok()) return channel.status();
  return Entrance{*std::move(channel), *std::move(token)};
}

absl::StatusOr<std::string> Enrolment::ReadAuthority() const {
  auto authority = base::ReadFile(options_.authority_file, size_t{1} << 20);
  if (!authority.ok()) {
    return absl::FailedPreconditionError(
        base::Cat("the control plane's authority: ", authority.status().message()));
  }
  if (crypto::ReadCertificate(*authority).ok()) return authority;
  return absl::FailedPreconditionError(
      base::Cat(options_.authority_file, " does not hold a certificate in PEM"));
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Enrolment::OpenTls(const std::string& authority,
                                                                  bool with_certificate) const {
  wire::ChannelOptions options{.target = options_.control_plane, .own_connection = true};
  options.authorities = authority;
  if (with_certificate) {
    options.certificate = identity_.certificate();
    options.private_key = identity_.private_key().Clone();
  }
  return wire::OpenChannel(options);
}

absl::Status Enrolment::Join(const std::string& authority, const base::Secret& token) {
  token_shown_ = true;
  const auto channel = OpenTls(authority, false);
  if (!channel.ok()) return channel.status();
  auto newcomer = NodeIdentity::MakeNewcomer();
  if (!newcomer.ok()) return newcomer.status();
  fleet::v1::JoinRequest request;
  request.set_node_id(options_.node_id);
  request.set_certificate_request(newcomer->request);
  fleet::v1::JoinResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + options_.answer);
  wire::AttachToken(context, token);
  if (!Expose(&context)) return absl::CancelledError("the node stops");
  const grpc::Status answer =
      fleet::v1::Fleet::NewStub(*channel)->Join(&context, request, &response);
  Expose(nullptr);
  if (!answer.ok()) return wire::ToAbslStatus(answer);
  const absl::Status kept = identity_.Keep(*std::move(newcomer), response.certificate());
  if (!kept.ok()) return kept;
  spdlog::info("joined control plane {} as node {}, with a certificate until {}",
               options_.control_plane, options_.node_id, TimeText(identity_.expires_at()));
  return absl::OkStatus();
}

absl::Time Enrolment::RenewalTime() const {
  const absl::Duration life = identity_.expires_at() - identity_.issued_at();
  // Nodes that joined together do not all come back together.
  return identity_.issued_at() + life * 2 / 3 + life * jitter_ / 20;
}

bool Enrolment::RenewIfDue(const std::shared_ptr<grpc::Channel>& channel) {
  if (options_.authority_file.empty()) return false;
  const absl::Time now = clock_.Now();
  if (now < RenewalTime() || now < next_renewal_) return false;
  const absl::Time old_end = identity_.expires_at();
  const absl::Status status = Renew(channel);
  next_renewal_ = clock_.Now() + std::max(kRenewalPause, (old_end - now) / 10);
  if (status.ok()) {
    spdlog::info("certificate of node {} renewed until {}: connecting with it", options_.node_id,
                 TimeText(identity_.expires_at()));
    return true;
  }
  spdlog::warn("the certificate of node {}, good until {}, cannot be renewed: {}; trying again",
               options_.node_id, TimeText(old_end), std::string(status.message()));
  return false;
}

absl::Status Enrolment::Renew(const std::shared_ptr<grpc::Channel>& channel) {
  const auto asked = identity_.RequestRenewal();
  if (!asked.ok()) return asked.status();
  fleet::v1::RenewRequest request;
  request.set_certificate_request(*asked);
  fleet::v1::JoinResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kRenewalAnswer);
  if (!Expose(&context)) return absl::CancelledError("the node stops");
  const grpc::Status answer =
      fleet::v1::Fleet::NewStub(channel)->Renew(&context, request, &response);
  Expose(nullptr);
  if (!answer.ok()) return wire::ToAbslStatus(answer);
  return identity_.KeepRenewed(response.certificate());
}

bool Enrolment::Expose(grpc::ClientContext* context) {
  absl::MutexLock lock(&mutex_);
  context_ = cancelled_ ? nullptr : context;
  return !cancelled_;
}

void Enrolment::Cancel() {
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

}  // namespace sluice::link
