#include "controlplane/sealing/master_key.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/aead.h"
#include "common/crypto/digest.h"

namespace sluice::sealing {
namespace {

constexpr size_t kMaxFileBytes = 4096;

absl::Status NotAKey(const std::string& path) {
  return absl::InvalidArgumentError(base::Cat(
      "the master key file ", path, " must hold 32 bytes, raw or as base64, and does not"));
}

}  // namespace

absl::StatusOr<base::Secret> ReadMasterKey(const std::string& path) {
  auto content = base::ReadFile(path, kMaxFileBytes);
  if (!content.ok()) return content.status();
  const base::Secret text(*std::move(content));
  if (text.Reveal().size() == crypto::kAeadKeyBytes) return text.Clone();
  std::string decoded;
  const bool is_base64 =
      absl::Base64Unescape(base::ToAbsl(base::Stripped(text.Reveal())), &decoded);
  base::Secret key(std::move(decoded));
  if (!is_base64 || key.Reveal().size() != crypto::kAeadKeyBytes) return NotAKey(path);
  return key;
}

absl::StatusOr<base::Secret> CreateMasterKey(const std::string& path) {
  if (access(path.c_str(), F_OK) == 0) {
    return absl::AlreadyExistsError(base::Cat("the master key file ", path, " exists already"));
  }
  base::Secret key(crypto::RandomBytes(crypto::kAeadKeyBytes));
  const base::Secret text(base::Cat(absl::Base64Escape(base::ToAbsl(key.Reveal())), "\n"));
  if (absl::Status status = base::WriteFileAtomically(path, text.Reveal(), 0600); !status.ok()) {
    return status;
  }
  return key;
}

}  // namespace sluice::sealing
