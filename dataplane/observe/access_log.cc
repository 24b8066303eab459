#include "dataplane/observe/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "common/base/text.h"

namespace sluice::observe {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(250);
constexpr int kPatienceMillis = 1000;

int OpenFile(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640);
}

}  // namespace

absl::StatusOr<std::unique_ptr<AccessLog>> AccessLog::Open(std::string path) {
  int fd = STDOUT_FILENO;
  if (path != kStandardOutput) {
    fd = OpenFile(path);
    if (fd < 0) {
      return absl::ErrnoToStatus(errno, base::Cat("--access-log: cannot open ", path));
    }
  }
  return std::unique_ptr<AccessLog>(new AccessLog(std::move(path), fd));
}

AccessLog::AccessLog(std::string path, int fd)
    : path_(std::move(path)), is_file_(path_ != kStandardOutput), fd_(fd) {
  thread_ = std::thread([this] { Run(); });
}

AccessLog::~AccessLog() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  thread_.join();
  if (is_file_) close(fd_);
}

void AccessLog::Submit(std::string_view line) {
  absl::MutexLock lock(&mutex_);
  if (queue_.size() + line.size() > kMostQueuedBytes) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  queue_ += line;
}

void AccessLog::Run() {
  const auto due = [this]()
                       ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ending_ || !queue_.empty(); };
  while (true) {
    std::string text;
    bool ending = false;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&due), kLook);
      text.swap(queue_);
      ending = ending_;
    }
    if (reopen_.exchange(false, std::memory_order_relaxed)) OpenAgain();
    if (!WriteAll(text)) return;
    if (ending && text.empty()) return;
  }
}

void AccessLog::OpenAgain() {
  if (!is_file_) return;
  const int fd = OpenFile(path_);
  if (fd < 0) {
    spdlog::error("access log {} cannot be opened again: {}", path_, strerror(errno));
    return;
  }
  close(std::exchange(fd_, fd));
}

bool AccessLog::WriteAll(std::string_view text) {
  const auto ending = [this] {
    absl::MutexLock lock(&mutex_);
    return ending_;
  };
  while (!text.empty()) {
    pollfd ready{fd_, POLLOUT, 0};
    if (poll(&ready, 1, kPatienceMillis) == 0) {
      if (ending()) return false;
      continue;
    }
    // So much of a pipe that is ready does not block.
    const ssize_t written = write(fd_, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      // The disk is full, or the reader has gone: these lines are lost.
      dropped_.fetch_add(static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')),
                         std::memory_order_relaxed);
      return true;
    }
  }
  return true;
}

}  // namespace sluice::observe
