// The plaintext of what is stored of a configuration: fixed fields in front, its bytes after them.
// Pure.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/secret.h"
#include "dataplane/config/held_configuration.h"

namespace sluice::config {

struct StoredForm {
  ConfigurationStamp stamp;
  absl::Time saved_at = absl::InfinitePast();
  base::Secret bytes;
};

// revision and saved_at (milliseconds) in 8 bytes each, lengths of epoch, hash and lineage in 4
// each, all little-endian; epoch; hash; lineage; bytes.
base::Secret EncodeStored(const ConfigurationStamp& stamp, absl::Time saved_at,
                          std::string_view bytes);
// DataLoss if the lengths do not fit.
absl::StatusOr<StoredForm> DecodeStored(std::string_view text);

}  // namespace sluice::config
