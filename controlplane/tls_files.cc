#include "controlplane/tls_files.h"

#include <arpa/inet.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/certificate.h"
#include "common/crypto/private_key.h"

namespace sluice::controlplane {
namespace {

using crypto::CertificateAuthority;

constexpr size_t kMaxFileBytes = size_t{1} << 20;
constexpr absl::Duration Days(int64_t days) { return absl::Hours(24 * days); }
constexpr absl::Duration kAuthorityLife = Days(20 * 365);
constexpr absl::Duration kAuthorityWarning = Days(180);
constexpr absl::Duration kServerLife = Days(3 * 365);
// A control plane that runs for so long without a restart still has a good certificate.
constexpr absl::Duration kServerLeft = Days(365);

// None: there is no such file.
absl::StatusOr<std::optional<std::string>> ReadIfThere(const std::string& path) {
  auto bytes = base::ReadFile(path, kMaxFileBytes);
  if (absl::IsNotFound(bytes.status())) return std::nullopt;
  if (!bytes.ok()) return bytes.status();
  return *std::move(bytes);
}

absl::StatusOr<std::string> ReadNamed(const std::string& path, std::string_view flag) {
  auto bytes = base::ReadFile(path, kMaxFileBytes);
  if (bytes.ok()) return bytes;
  return absl::FailedPreconditionError(
      base::Cat(flag, ": ", base::ToStd(bytes.status().message())));
}

void WarnOfOthersWhoRead(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0 || (found.st_mode & 077) == 0) return;
  spdlog::warn("the private key {} can be read by other users: its mode should be 0600", path);
}

// The key first: one without a certificate is worth nothing, and made anew.
absl::Status WritePair(const std::string& stem, const std::string& certificate,
                       const base::Secret& key) {
  absl::Status status = base::WriteFileAtomically(stem + ".key", key.Reveal(), 0600);
  if (!status.ok()) return status;
  return base::WriteFileAtomically(stem + ".crt", certificate, 0644);
}

absl::StatusOr<CertificateAuthority> MakeAuthority(const std::string& stem, absl::Time now) {
  auto authority = CertificateAuthority::Create(now, kAuthorityLife);
  absl::Status status = WritePair(stem, authority.certificate(), authority.private_key());
  if (!status.ok()) return status;
  spdlog::info(
      "made an authority for certificates: data planes need {0}.crt (--control-plane-ca-file), and "
      "so does sluicectl (--ca-file); keep {0}.key as safe as the master key",
      stem);
  return authority;
}

absl::StatusOr<CertificateAuthority> OpenAuthority(const std::string& stem, absl::Time now) {
  auto certificate = ReadIfThere(stem + ".crt");
  if (!certificate.ok()) return certificate.status();
  if (!certificate->has_value()) return MakeAuthority(stem, now);
  constexpr std::string_view kAnew =
      "remove both for a new authority, which every data plane and sluicectl must then be given";
  auto key = ReadIfThere(stem + ".key");
  if (!key.ok()) return key.status();
  if (!key->has_value()) {
    return absl::FailedPreconditionError(base::Cat(stem, ".crt is there, but its key ", stem,
                                                   ".key is not: put it back, or ", kAnew));
  }
  auto authority =
      CertificateAuthority::Load(**std::move(certificate), base::Secret(**std::move(key)));
  if (!authority.ok()) {
    return absl::FailedPreconditionError(base::Cat(stem, ".crt and ", stem,
                                                   ".key: ", authority.status().message(),
                                                   "; put them right, or ", kAnew));
  }
  const auto facts = crypto::ReadCertificate(authority->certificate());
  if (!facts.ok()) return facts.status();
  const std::string end = absl::FormatTime("%Y-%m-%d", facts->not_after, absl::UTCTimeZone());
  if (facts->not_after <= now) {
    return absl::FailedPreconditionError(
        base::Cat("the authority ", stem, ".crt has expired, on ", end, ": ", kAnew));
  }
  if (facts->not_after - now < kAuthorityWarning) {
    spdlog::warn("the authority {}.crt expires on {}: {}", stem, end, kAnew);
  }
  WarnOfOthersWhoRead(stem + ".key");
  return authority;
}

bool IsHostText(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == ':' || c == '_';
  });
}

// As a certificate gives it back.
std::string Normal(const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  char text[INET6_ADDRSTRLEN] = "";
  const bool is_ipv6 = inet_pton(AF_INET6, host.c_str(), address) == 1;
  if (is_ipv6 && inet_ntop(AF_INET6, address, text, sizeof(text)) != nullptr) return text;
  return base::Lower(host);
}

// Sorted, each once.
absl::StatusOr<std::vector<std::string>> HostsFor(const std::string& listen_host,
                                                  const std::vector<std::string>& names) {
  std::set<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
  char hostname[256] = "";
  if (gethostname(hostname, sizeof(hostname) - 1) == 0 && IsHostText(hostname)) {
    hosts.insert(Normal(hostname));
  }
  if (listen_host != "0.0.0.0" && listen_host != "::" && IsHostText(listen_host)) {
    hosts.insert(Normal(listen_host));
  }
  for (const std::string& name : names) {
    if (!IsHostText(name)) {
      return absl::FailedPreconditionError(base::Cat(
          "--tls-name \"", base::Escaped(name), "\" is neither a host name nor an IP address"));
    }
    hosts.insert(Normal(name));
  }
  return std::vector<std::string>(hosts.begin(), hosts.end());
}

bool StillGood(const std::string& certificate, const base::Secret& key,
               const CertificateAuthority& authority, const std::vector<std::string>& hosts,
               absl::Time now) {
  auto facts = crypto::ReadCertificate(certificate);
  if (!facts.ok() || !crypto::CheckKeyFits(key, certificate).ok()) return false;
  std::sort(facts->hosts.begin(), facts->hosts.end());
  return facts->hosts == hosts && facts->not_before <= now &&
         facts->not_after - now > kServerLeft &&
         crypto::IsSignedBy(certificate, authority.certificate());
}

absl::StatusOr<wire::ServerIdentity> OwnIdentity(const std::string& stem,
                                                 const CertificateAuthority& authority,
                                                 const std::vector<std::string>& hosts,
                                                 absl::Time now) {
  auto old_certificate = ReadIfThere(stem + ".crt");
  if (!old_certificate.ok()) return old_certificate.status();
  auto old_key = ReadIfThere(stem + ".key");
  if (!old_key.ok()) return old_key.status();
  if (old_certificate->has_value() && old_key->has_value()) {
    base::Secret key(**std::move(old_key));
    if (StillGood(**old_certificate, key, authority, hosts, now)) {
      WarnOfOthersWhoRead(stem + ".key");
      return wire::ServerIdentity{**std::move(old_certificate), std::move(key)};
    }
  }
  base::Secret key = crypto::MakePrivateKey();
  auto certificate = authority.IssueServer(key, hosts, now, kServerLife);
  if (!certificate.ok()) return certificate.status();
  absl::Status status = WritePair(stem, *certificate, key);
  if (!status.ok()) return status;
  spdlog::info("made the listener's certificate {}.crt, for {}", stem, absl::StrJoin(hosts, ", "));
  return wire::ServerIdentity{*std::move(certificate), std::move(key)};
}

absl::StatusOr<wire::ServerIdentity> OperatorsIdentity(const TlsOptions& options, absl::Time now) {
  if (options.certificate_file.empty() || options.key_file.empty()) {
    return absl::FailedPreconditionError(
        "--tls-cert-file and --tls-key-file belong together: give both or none");
  }
  auto certificate = ReadNamed(options.certificate_file, "--tls-cert-file");
  if (!certificate.ok()) return certificate.status();
  auto key_text = ReadNamed(options.key_file, "--tls-key-file");
  if (!key_text.ok()) return key_text.status();
  base::Secret key(*std::move(key_text));
  const absl::Status fits = crypto::CheckKeyFits(key, *certificate);
  if (!fits.ok()) {
    return absl::FailedPreconditionError(base::Cat("--tls-cert-file ", options.certificate_file,
                                                   ", --tls-key-file ", options.key_file, ": ",
                                                   fits.message()));
  }
  const auto facts = crypto::ReadCertificate(*certificate);
  if (!facts.ok()) return facts.status();
  if (facts->not_after <= now) {
    return absl::FailedPreconditionError(
        base::Cat("--tls-cert-file ", options.certificate_file, " has expired"));
  }
  WarnOfOthersWhoRead(options.key_file);
  return wire::ServerIdentity{*std::move(certificate), std::move(key)};
}

}  // namespace

absl::StatusOr<TlsMaterial> LoadOrMakeTls(const std::string& folder, const std::string& listen_host,
                                          const TlsOptions& options, absl::Time now) {
  // Before anything is written.
  const bool operators = !options.certificate_file.empty() || !options.key_file.empty();
  absl::StatusOr<wire::ServerIdentity> server = wire::ServerIdentity();
  if (operators) server = OperatorsIdentity(options, now);
  if (!server.ok()) return server.status();
  const auto hosts = HostsFor(listen_host, options.names);
  if (!hosts.ok()) return hosts.status();
  auto authority = OpenAuthority(folder + "/ca", now);
  if (!authority.ok()) return authority.status();
  if (!operators) server = OwnIdentity(folder + "/server", *authority, *hosts, now);
  if (!server.ok()) return server.status();
  std::string server_authority = operators ? "" : authority->certificate();
  return TlsMaterial{*std::move(authority), *std::move(server), std::move(server_authority)};
}

}  // namespace sluice::controlplane
