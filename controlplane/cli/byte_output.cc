#include "controlplane/cli/byte_output.h"

#include <utility>

#include "common/base/text.h"

namespace sluice::cli {
namespace {

// Not of the kind that means a wrong command line.
absl::Status Failed(const absl::Status& status) {
  return status.ok() ? status : absl::FailedPreconditionError(status.message());
}

}  // namespace

absl::StatusOr<ByteOutput> ByteOutput::Open(const std::string& path, const Terminal& terminal) {
  ByteOutput output(terminal.out);
  if (path.empty()) {
    if (!terminal.out_is_tty) return output;
    return absl::InvalidArgumentError(
        "standard output is a terminal, and these bytes are not for reading: say --to FILE, or "
        "> FILE");
  }
  auto file = base::AtomicFile::Create(path, 0600);
  if (!file.ok()) return Failed(file.status());
  output.file_.emplace(*std::move(file));
  return output;
}

absl::Status ByteOutput::Append(std::string_view bytes) {
  if (file_.has_value()) return Failed(file_->Append(bytes));
  out_->write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return out_->good() ? absl::OkStatus() : absl::DataLossError("cannot write to standard output");
}

absl::Status ByteOutput::Commit() {
  if (file_.has_value()) return Failed(file_->Commit());
  out_->flush();
  return out_->good() ? absl::OkStatus() : absl::DataLossError("cannot write to standard output");
}

}  // namespace sluice::cli
