// The header fields that a collector of traces wants with each export, such as its key: from a
// file, because what stands in argv or the environment is seen by others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace sluice::trace {

// Each secret is one "Name: value". A line each; empty ones and those that begin with # say
// nothing. InvalidArgument names the line, and never quotes it.
absl::StatusOr<std::vector<base::Secret>> ParseCollectorHeaders(std::string_view text);
// Of a file, which an error names.
absl::StatusOr<std::vector<base::Secret>> ReadCollectorHeaders(const std::string& path);

}  // namespace sluice::trace
