// The access log: lines on their way to a file or to standard output, on a thread of its own. What
// does not fit the queue because nobody takes it is dropped and counted; nothing ever waits for it.
//
// Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace sluice::observe {

class AccessLog {
 public:
  static constexpr size_t kMostQueuedBytes = size_t{8} << 20;
  static constexpr std::string_view kStandardOutput = "-";

  // Appends to `path`, which is made with mode 0640; an error names it.
  static absl::StatusOr<std::unique_ptr<AccessLog>> Open(std::string path);
  // Writes what is queued, unless the reader takes nothing for a second.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void Submit(std::string_view line);
  // Lines that were never made, for want of room before.
  void Miss(uint64_t lines) { dropped_.fetch_add(lines, std::memory_order_relaxed); }
  // The file was moved away: what comes goes to a new one of its name. Soon; while that cannot be
  // opened the old one is written to.
  void Reopen() { reopen_.store(true, std::memory_order_relaxed); }

  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }  // lines

 private:
  AccessLog(std::string path, int fd);
  void Run();
  void OpenAgain();
  // False: to be ended, and the reader takes nothing.
  bool WriteAll(std::string_view text);

  const std::string path_;
  const bool is_file_;
  int fd_;  // the thread's
  std::atomic<bool> reopen_{false};
  std::atomic<uint64_t> dropped_{0};

  absl::Mutex mutex_;
  std::string queue_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sluice::observe
