// The port files of the programs: JSON like {"http":40123,"ops":40124}, written once they listen.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "tests/support/deadline.h"
#include "tests/support/process.h"

namespace sluice::test {

using Ports = std::map<std::string, uint16_t>;

// Waits until the file is there and whole. If `process` ends first, the error says with which code
// and what it wrote to standard error; it may be null.
absl::StatusOr<Ports> WaitForPorts(const std::string& path, Process* process,
                                   const Deadline& deadline = Deadline());

}  // namespace sluice::test
