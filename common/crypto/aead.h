// AES-256-GCM: what is sealed cannot be read or changed without the key, nor moved to another
// place, because its place is the associated data.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace sluice::crypto {

inline constexpr size_t kAeadKeyBytes = 32;

// Returns nonce (12 bytes, random) + ciphertext + tag (16 bytes). `key` must have kAeadKeyBytes.
std::string Seal(const base::Secret& key, std::string_view plaintext,
                 std::string_view associated_data);
// DataLoss if key, associated data or bytes are not those of Seal.
absl::StatusOr<base::Secret> Open(const base::Secret& key, std::string_view sealed,
                                  std::string_view associated_data);

}  // namespace sluice::crypto
