// The plaintext of a last-known-good file: fixed fields in front, the configuration after them.
// Pure.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "dataplane/config/last_known_good.h"

namespace sluice::config {

// revision and saved_at (milliseconds) in 8 bytes each, lengths of epoch and hash in 4 each, all
// little-endian; epoch; hash; configuration bytes.
base::Secret EncodeStored(const std::string& epoch, int64_t revision, const std::string& hash,
                          absl::Time saved_at, std::string_view bytes);
// DataLoss if the lengths do not fit.
absl::StatusOr<StoredConfiguration> DecodeStored(std::string_view text);

}  // namespace sluice::config
