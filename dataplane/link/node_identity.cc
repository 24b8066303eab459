#include "dataplane/link/node_identity.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/certificate.h"
#include "common/crypto/private_key.h"

namespace sluice::link {
namespace {

constexpr size_t kMaxFileBytes = size_t{64} << 10;

}  // namespace

NodeIdentity::NodeIdentity(std::string state_dir) : state_dir_(std::move(state_dir)) {
  auto certificate = base::ReadFile(CertificateFile(), kMaxFileBytes);
  if (absl::IsNotFound(certificate.status())) return;
  auto key = base::ReadFile(KeyFile(), kMaxFileBytes);
  absl::Status status = certificate.ok() ? key.status() : certificate.status();
  if (status.ok()) status = Take(base::Secret(*std::move(key)), *certificate);
  if (!status.ok()) {
    spdlog::warn("the node's certificate in {} cannot be used: {}", state_dir_,
                 std::string(status.message()));
  }
}

absl::Status NodeIdentity::Take(base::Secret private_key, const std::string& certificate) {
  if (absl::Status fits = crypto::CheckKeyFits(private_key, certificate); !fits.ok()) return fits;
  const auto facts = crypto::ReadCertificate(certificate);
  if (!facts.ok()) return facts.status();
  private_key_ = std::move(private_key);
  certificate_ = certificate;
  issued_at_ = std::max(facts->issued_at, facts->not_before);
  expires_at_ = facts->not_after;
  return absl::OkStatus();
}

absl::StatusOr<std::string> NodeIdentity::RequestRenewal() const {
  return crypto::MakeCertificateRequest(private_key_);
}

absl::Status NodeIdentity::KeepRenewed(const std::string& certificate) {
  const absl::Status taken = Take(private_key_.Clone(), certificate);
  if (!taken.ok()) return taken;
  return base::WriteFileAtomically(CertificateFile(), certificate, 0644);
}

absl::StatusOr<NodeIdentity::Newcomer> NodeIdentity::MakeNewcomer() {
  base::Secret key = crypto::MakePrivateKey();
  auto request = crypto::MakeCertificateRequest(key);
  if (!request.ok()) return request.status();
  return Newcomer{std::move(key), *std::move(request)};
}

absl::Status NodeIdentity::Keep(Newcomer newcomer, const std::string& certificate) {
  const absl::Status taken = Take(std::move(newcomer.private_key), certificate);
  if (!taken.ok()) return taken;
  const absl::Status written = base::WriteFileAtomically(KeyFile(), private_key_.Reveal(), 0600);
  if (!written.ok()) return written;
  return base::WriteFileAtomically(CertificateFile(), certificate, 0644);
}

}  // namespace sluice::link
