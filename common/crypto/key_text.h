// The text form of the keys and tokens that Sluice issues:
//
//   slk_ + public id (10) + secret (52: 256 random bits) + checksum (6), all of a-z 2-7
//
// The prefix lets scanners find leaked keys, the checksum refuses a typo without a look-up. Stored
// is only the SHA-256 of the whole text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/secret.h"

namespace sluice::crypto {

inline constexpr std::string_view kClientKeyPrefix = "slk_";
inline constexpr std::string_view kAdminTokenPrefix = "sla_";
inline constexpr std::string_view kJoinTokenPrefix = "slj_";
inline constexpr size_t kKeyTextBytes = 72;

struct NewKey {
  std::string id;  // the public part
  base::Secret text;
  std::string sha256;  // 32 raw bytes
};

NewKey MintKey(std::string_view prefix);
// The public id, if `text` has that prefix, length and alphabet, and its checksum fits.
std::optional<std::string_view> KeyIdOf(std::string_view prefix, std::string_view text);

}  // namespace sluice::crypto
