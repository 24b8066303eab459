// Whole small files, written so that a crash or a full disk leaves the old content or the new,
// never a part.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::base {

// NotFound if there is no such file; other errors name the path and the reason. Refuses more than
// `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes = size_t{256} << 20);

// Temporary file in the same folder with `mode`, write, fsync, rename, fsync of the folder.
absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes,
                                 mode_t mode = 0600);

// Creates the folder and its parents with `mode` where they are missing.
absl::Status MakeFolder(const std::string& path, mode_t mode = 0700);

}  // namespace sluice::base
