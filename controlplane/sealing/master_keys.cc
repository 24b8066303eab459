#include "controlplane/sealing/master_keys.h"

#include <unistd.h>

#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/aead.h"
#include "common/crypto/digest.h"

namespace sluice::sealing {
namespace {

constexpr size_t kMaxFileBytes = 4096;
constexpr std::string_view kSeparators = " \t\r\n,";
constexpr std::string_view kIdDomain = "sluice master key id\n";

std::string IdOf(const base::Secret& key) {
  const base::Secret text(base::Cat(kIdDomain, key.Reveal()));
  return crypto::Sha256Bytes(text.Reveal()).substr(0, kMasterKeyIdBytes);
}

absl::Status NotAKey(const std::string& source) {
  return absl::InvalidArgumentError(base::Cat(
      source, " must hold 32 bytes, raw or as base64 (further keys a line each), and does not"));
}

std::string FileTitle(const std::string& path) { return base::Cat("the master key file ", path); }

}  // namespace

std::string MasterKeyIdText(std::string_view id) {
  return base::Cat("mk_", absl::BytesToHexString(base::ToAbsl(id)));
}

MasterKeys::MasterKeys(base::Secret key) {
  std::string id = IdOf(key);
  keys_.push_back({std::move(id), std::move(key)});
}

absl::StatusOr<MasterKeys> MasterKeys::Parse(std::string_view text, const std::string& source) {
  if (text.size() == crypto::kAeadKeyBytes) return MasterKeys(base::Secret(text));
  MasterKeys keys;
  while (!text.empty()) {
    const size_t end = text.find_first_of(kSeparators);
    const std::string_view word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (word.empty()) continue;
    std::string decoded;
    const bool is_base64 = absl::Base64Unescape(base::ToAbsl(word), &decoded);
    base::Secret key(std::move(decoded));
    if (!is_base64 || key.Reveal().size() != crypto::kAeadKeyBytes) return NotAKey(source);
    std::string id = IdOf(key);
    if (keys.Find(id) != nullptr) {
      return absl::InvalidArgumentError(
          base::Cat(source, " holds the key ", MasterKeyIdText(id), " twice"));
    }
    keys.keys_.push_back({std::move(id), std::move(key)});
  }
  if (keys.keys_.empty()) return NotAKey(source);
  return keys;
}

const MasterKey* MasterKeys::Find(std::string_view id) const {
  for (const MasterKey& key : keys_) {
    if (key.id == id) return &key;
  }
  return nullptr;
}

absl::StatusOr<MasterKeys> ReadMasterKeys(const std::string& path) {
  auto content = base::ReadFile(path, kMaxFileBytes);
  if (!content.ok()) return content.status();
  const base::Secret text(*std::move(content));
  return MasterKeys::Parse(text.Reveal(), FileTitle(path));
}

absl::StatusOr<MasterKeys> CreateMasterKey(const std::string& path) {
  if (access(path.c_str(), F_OK) == 0) {
    return absl::AlreadyExistsError(base::Cat(FileTitle(path), " exists already"));
  }
  base::Secret key(crypto::RandomBytes(crypto::kAeadKeyBytes));
  const base::Secret text(base::Cat(absl::Base64Escape(base::ToAbsl(key.Reveal())), "\n"));
  if (absl::Status status = base::WriteFileAtomically(path, text.Reveal(), 0600); !status.ok()) {
    return status;
  }
  return MasterKeys(std::move(key));
}

}  // namespace sluice::sealing
