// A file written piece by piece that appears whole under its name, or not at all: for what is too
// large for WriteFileAtomically. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::base {

class AtomicFile {
 public:
  // A temporary file beside `path`, with `mode`. `suffix` stands between the name and the random
  // end of the temporary one, for those who look for what a crash left behind.
  static absl::StatusOr<AtomicFile> Create(const std::string& path, mode_t mode = 0600,
                                           std::string_view suffix = ".");
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  // Removes what was not committed.
  ~AtomicFile();

  // Errors name the path and the reason.
  absl::Status Append(std::string_view bytes);
  // On the disk when it returns, under its temporary name.
  absl::Status Sync();
  // Sync, rename, and sync of the folder. Nothing may follow.
  absl::Status Commit();

 private:
  AtomicFile(int fd, std::string path, std::string temporary)
      : fd_(fd), path_(std::move(path)), temporary_(std::move(temporary)) {}

  int fd_;
  std::string path_;
  std::string temporary_;  // empty: there is none any more
};

}  // namespace sluice::base
