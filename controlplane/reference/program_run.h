// One run of a program for what it prints.
//
// There is no shell. The program gets standard input and errors that lead nowhere, an environment
// of PATH, LANG and HOME, and no other open file of ours. It is a process group of its own: at the
// limit, and when the program has ended, all of it is killed.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/secret.h"

namespace sluice::reference {

struct RunLimits {
  absl::Duration limit;
  size_t max_bytes = 0;
};

// `argv`: the first an absolute path. What it printed if it ended by itself with exit code 0.
// DeadlineExceeded, ResourceExhausted for too many bytes, FailedPrecondition for another end. No
// error shows an argument or what was printed. Blocks.
absl::StatusOr<base::Secret> RunProgram(const std::vector<std::string>& argv,
                                        const RunLimits& limits);

}  // namespace sluice::reference
