// Reads secrets from where references lead to: the environment, a file, a program's output.
//
// What may be read is bounded: an ordinary file that is none of the control plane's own, and
// programs that it was started with as allowed. No error shows what was read. Blocks; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/secret.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::reference {

inline constexpr absl::Duration kProgramLimit = absl::Seconds(10);

struct ReaderOptions {
  std::vector<std::string> programs;  // that may be run: absolute paths
  // Files and folders that no reference may lead to: what stands there opens the control plane.
  std::vector<std::string> own_paths;
  absl::Duration program_limit = kProgramLimit;
};

class ReferenceReader {
 public:
  explicit ReferenceReader(ReaderOptions options) : options_(std::move(options)) {}

  // Without the last line end. InvalidArgument: a reference that leads nowhere.
  // FailedPrecondition: to where it may not. NotFound, DeadlineExceeded and others say what went
  // wrong where.
  absl::StatusOr<base::Secret> Read(const config::v1::SecretReference& reference) const;

 private:
  absl::StatusOr<base::Secret> ReadFile(const std::string& path) const;
  absl::StatusOr<base::Secret> ReadProgram(const config::v1::SecretReference::Command& exec) const;

  const ReaderOptions options_;
};

}  // namespace sluice::reference
