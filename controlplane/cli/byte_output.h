// Where a command's bytes go that no person reads: standard output, unless that is a terminal, or a
// file that appears whole (mode 0600) or not at all. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/atomic_file.h"
#include "controlplane/cli/terminal.h"

namespace sluice::cli {

class ByteOutput {
 public:
  // `path`: empty for standard output. InvalidArgument if that is a terminal.
  static absl::StatusOr<ByteOutput> Open(const std::string& path, const Terminal& terminal);

  bool is_file() const { return file_.has_value(); }
  absl::Status Append(std::string_view bytes);
  absl::Status Commit();

 private:
  explicit ByteOutput(std::ostream* out) : out_(out) {}

  std::ostream* out_;
  std::optional<base::AtomicFile> file_;
};

}  // namespace sluice::cli
