// One control plane for one database: an flock on a file beside it. The kernel gives the lock back
// when the process ends, however it ends; the empty file stays.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace sluice::store {

class LockFile {
 public:
  // FailedPrecondition if another process (or another Store of this one) holds it.
  static absl::StatusOr<LockFile> Acquire(const std::string& database_path);

  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  ~LockFile();

 private:
  explicit LockFile(int fd) : fd_(fd) {}

  int fd_ = -1;
};

}  // namespace sluice::store
