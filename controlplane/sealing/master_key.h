// The master key: 32 random bytes in a file, under which everything secret in the database is
// sealed. Whoever has the database without this file has no provider key; who loses the file,
// neither.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace sluice::sealing {

// Takes 32 raw bytes, or their base64 with or without a line end. NotFound if there is no such
// file; InvalidArgument names the path if it holds something else.
absl::StatusOr<base::Secret> ReadMasterKey(const std::string& path);

// Makes a new one, as base64, mode 0600. AlreadyExists if there is a file of that name.
absl::StatusOr<base::Secret> CreateMasterKey(const std::string& path);

}  // namespace sluice::sealing
