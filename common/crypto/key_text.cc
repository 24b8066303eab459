#include "common/crypto/key_text.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/crypto/digest.h"

namespace sluice::crypto {
namespace {

constexpr size_t kIdBytes = 10;
constexpr size_t kSecretBytes = 52;
constexpr size_t kChecksumBytes = 6;
static_assert(kClientKeyPrefix.size() + kIdBytes + kSecretBytes + kChecksumBytes == kKeyTextBytes);

constexpr char kBase32[] = "abcdefghijklmnopqrstuvwxyz234567";

bool IsBase32(char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); }

std::string ChecksumOf(std::string_view text) {
  const Sha256Digest digest = Sha256(text);
  std::string checksum(kChecksumBytes, '\0');
  for (size_t i = 0; i < checksum.size(); ++i) checksum[i] = kBase32[digest[i] & 31];
  return checksum;
}

}  // namespace

NewKey MintKey(std::string_view prefix) {
  NewKey key;
  key.id = RandomBase32(kIdBytes);
  const base::Secret secret(RandomBase32(kSecretBytes));
  std::string text;
  // Reserved, so that growing leaves no copy of the secret behind.
  text.reserve(kKeyTextBytes);
  text.append(prefix).append(key.id).append(secret.Reveal());
  text.append(ChecksumOf(text));
  key.sha256 = Sha256Bytes(text);
  key.text = base::Secret(std::move(text));
  return key;
}

std::optional<std::string_view> KeyIdOf(std::string_view prefix, std::string_view text) {
  if (text.size() != kKeyTextBytes || !text.starts_with(prefix)) return std::nullopt;
  const std::string_view body = text.substr(prefix.size());
  if (!std::all_of(body.begin(), body.end(), IsBase32)) return std::nullopt;
  const size_t checked = kKeyTextBytes - kChecksumBytes;
  if (text.substr(checked) != ChecksumOf(text.substr(0, checked))) return std::nullopt;
  return body.substr(0, kIdBytes);
}

}  // namespace sluice::crypto
