// How a command ends. The status a command returns decides the exit code of the program:
//
//   OK                 0  done
//   InvalidArgument    2  the command line is wrong; nothing was sent
//   DeadlineExceeded   3  the write is committed, but not every node acknowledged it in time
//   anything else      1  refused or failed
//
// So an error that comes from the control plane never keeps the first two codes (error_text.h).
#pragma once

#include "absl/status/status.h"

namespace sluice::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotAcknowledged = 3;

inline int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitDone;
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kDeadlineExceeded:
      return kExitNotAcknowledged;
    default:
      return kExitFailed;
  }
}

}  // namespace sluice::cli
