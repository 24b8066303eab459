#include "dataplane/edge/tls_files.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/certificate.h"

namespace sluice::edge {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 20;
constexpr absl::Duration kRetryEvery = absl::Minutes(1);
constexpr absl::Duration kTicketKeysLive = absl::Hours(12);
constexpr absl::Duration kWarnEvery = absl::Hours(24);
// Certificates of a few days exist: their last quarter is near enough.
constexpr absl::Duration kNearEnd = absl::Hours(24 * 14);
constexpr int kNearEndShare = 4;

std::string Iso(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string NameOf(const TlsPair& pair) {
  return base::Cat("--tls-cert-file ", pair.certificate_file, ", --tls-key-file ", pair.key_file);
}

absl::Status Unusable(const TlsPair& pair, std::string_view why) {
  return absl::FailedPreconditionError(base::Cat(NameOf(pair), ": ", why));
}

absl::StatusOr<std::string> ReadNamed(const std::string& path, std::string_view flag) {
  auto bytes = base::ReadFile(path, kMaxFileBytes);
  if (bytes.ok()) return bytes;
  return absl::FailedPreconditionError(
      base::Cat(flag, ": ", base::ToStd(bytes.status().message())));
}

absl::StatusOr<TlsIdentity> ReadPair(const TlsPair& pair) {
  auto certificates = ReadNamed(pair.certificate_file, "--tls-cert-file");
  if (!certificates.ok()) return certificates.status();
  auto key = ReadNamed(pair.key_file, "--tls-key-file");
  if (!key.ok()) return key.status();
  TlsIdentity identity;
  identity.certificates = *std::move(certificates);
  identity.private_key = base::Secret(*std::move(key));
  return identity;
}

absl::Status CheckTimes(const TlsPair& pair, const crypto::CertificateFacts& facts,
                        absl::Time now) {
  if (facts.not_after <= now) {
    return Unusable(pair, base::Cat("the certificate has expired, at ", Iso(facts.not_after)));
  }
  if (facts.not_before > now) {
    return Unusable(pair, base::Cat("the certificate is not valid before ", Iso(facts.not_before)));
  }
  return absl::OkStatus();
}

void WarnOfOthersWhoRead(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0 || (found.st_mode & 077) == 0) return;
  spdlog::warn("the private key {} can be read by other users: its mode should be 0600", path);
}

}  // namespace

TlsFiles::TlsFiles(std::vector<TlsPair> pairs, const base::Clock& clock)
    : pairs_(std::move(pairs)), clock_(clock), tried_at_(clock.Now()) {}

absl::StatusOr<std::unique_ptr<TlsFiles>> TlsFiles::Open(std::vector<TlsPair> pairs,
                                                         const base::Clock& clock) {
  SLUICE_CHECK(!pairs.empty(), "a listener with TLS has a certificate");
  std::unique_ptr<TlsFiles> files(new TlsFiles(std::move(pairs), clock));
  const absl::Time now = clock.Now();
  files->seen_ = files->Look();
  if (absl::Status status = files->Take(files->seen_, now); !status.ok()) return status;
  files->WarnOfEnds(now);
  return files;
}

TlsFiles::Stamps TlsFiles::Look() const {
  Stamps stamps;
  const auto look = [&stamps](const std::string& path) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) {
      stamps.emplace_back();
      return;
    }
    stamps.push_back(
        {found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec});
  };
  for (const TlsPair& pair : pairs_) {
    look(pair.certificate_file);
    look(pair.key_file);
  }
  return stamps;
}

absl::StatusOr<TlsFiles::Loaded> TlsFiles::Read(absl::Time now) const {
  Loaded loaded;
  std::vector<TlsIdentity> identities;
  for (const TlsPair& pair : pairs_) {
    auto identity = ReadPair(pair);
    if (!identity.ok()) return identity.status();
    const auto facts = crypto::ReadCertificate(identity->certificates);
    if (!facts.ok()) {
      return absl::FailedPreconditionError(
          base::Cat("--tls-cert-file ", pair.certificate_file, ": ", facts.status().message()));
    }
    if (absl::Status status = CheckTimes(pair, *facts, now); !status.ok()) return status;
    loaded.certificates.push_back({pair.certificate_file, facts->not_before, facts->not_after});
    identities.push_back(*std::move(identity));
  }
  size_t failed = 0;
  auto context = TlsContext::Make(identities, &failed);
  if (!context.ok()) return Unusable(pairs_[failed], base::ToStd(context.status().message()));
  loaded.context = *std::move(context);
  return loaded;
}

absl::Status TlsFiles::Take(Stamps stamps, absl::Time now) {
  tried_at_ = now;
  auto loaded = Read(now);
  if (!loaded.ok()) return loaded.status();
  if (stamps != taken_) {
    for (const TlsPair& pair : pairs_) WarnOfOthersWhoRead(pair.key_file);
    warned_at_ = absl::InfinitePast();
  }
  taken_ = std::move(stamps);
  refused_.clear();
  last_refusal_.clear();
  slot_.Publish(std::move(loaded->context));
  absl::MutexLock lock(&mutex_);
  state_.certificates = std::move(loaded->certificates);
  state_.refused = false;
  ++state_.loads;
  return absl::OkStatus();
}

void TlsFiles::Refuse(Stamps stamps, const absl::Status& why, absl::Time now) {
  tried_at_ = now;
  refused_ = std::move(stamps);
  const std::string sentence(why.message());
  if (std::exchange(last_refusal_, sentence) != sentence) {
    spdlog::error("the changed TLS files cannot be used, the former certificates stay in use: {}",
                  sentence);
  }
  absl::MutexLock lock(&mutex_);
  state_.refused = true;
  ++state_.refusals;
}

bool TlsFiles::IsDue(const Stamps& stamps, absl::Time now) const {
  if (!refused_.empty()) return stamps != refused_ || now - tried_at_ >= kRetryEvery;
  return stamps != taken_ || now - tried_at_ >= kTicketKeysLive;
}

void TlsFiles::Check() {
  const absl::Time now = clock_.Now();
  Stamps stamps = Look();
  const bool settled = std::exchange(seen_, stamps) == stamps;
  if (settled && IsDue(stamps, now)) {
    const bool changed = stamps != taken_;
    const absl::Status status = Take(stamps, now);
    if (!status.ok()) {
      Refuse(std::move(stamps), status, now);
    } else if (changed) {
      spdlog::info("took the changed TLS files: new connections are shown their certificates");
    }
  }
  WarnOfEnds(now);
}

void TlsFiles::WarnOfEnds(absl::Time now) {
  if (now - warned_at_ < kWarnEvery) return;
  for (const Certificate& one : state().certificates) {
    const absl::Duration near =
        std::min(kNearEnd, (one.not_after - one.not_before) / kNearEndShare);
    if (one.not_after - now > near) continue;
    warned_at_ = now;
    if (one.not_after <= now) {
      spdlog::error("the certificate {} has expired, at {}: clients refuse it", one.file,
                    Iso(one.not_after));
    } else {
      spdlog::warn("the certificate {} expires at {}", one.file, Iso(one.not_after));
    }
  }
}

TlsFiles::State TlsFiles::state() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

}  // namespace sluice::edge
