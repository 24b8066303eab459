// A client's socket under full control of a test: what goes out, in which pieces, and how it ends.
// Blocking, with a deadline in every call. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/deadline.h"

namespace sluice::test {

class RawSocket {
 public:
  // To an IPv4 address. `receive_buffer` in bytes, 0 for the system's: small ones make a client
  // that reads slowly felt early.
  static absl::StatusOr<RawSocket> Connect(uint16_t port, const std::string& host = "127.0.0.1",
                                           int receive_buffer = 0);
  // Takes over a connected socket.
  explicit RawSocket(int fd) : fd_(fd) {}
  ~RawSocket() { Close(); }
  RawSocket(RawSocket&& other) noexcept;
  RawSocket& operator=(RawSocket&& other) noexcept;

  // Errors: Unavailable when the peer is gone, DeadlineExceeded.
  absl::Status SendAll(std::string_view bytes, const Deadline& deadline = Deadline());
  // In pieces of `piece` bytes, each a segment of its own, with a pause between.
  absl::Status SendFragmented(std::string_view bytes, size_t piece,
                              std::chrono::milliseconds pause = std::chrono::milliseconds(1));
  // As much as the kernel takes without waiting; returns how many bytes that were.
  size_t SendWhatFits(std::string_view bytes);

  // At least one byte, at most `most`. An empty string is the peer's orderly end. Unavailable on a
  // reset.
  absl::StatusOr<std::string> ReadSome(size_t most = 64 << 10,
                                       const Deadline& deadline = Deadline());
  // OutOfRange if the peer ends before.
  absl::StatusOr<std::string> ReadExactly(size_t count, const Deadline& deadline = Deadline());
  // Up to and with `mark`; what came after it is given out by the next read.
  absl::StatusOr<std::string> ReadUntil(std::string_view mark,
                                        const Deadline& deadline = Deadline());
  absl::StatusOr<std::string> ReadToEnd(const Deadline& deadline = Deadline());
  // Puts bytes back in front of what is read next.
  void Unread(std::string_view bytes) { buffered_.insert(0, bytes); }

  enum class PeerEnd { kClosed, kReset };
  // Reads and drops bytes until the peer ends the connection; DeadlineExceeded if it does not.
  absl::StatusOr<PeerEnd> WaitForEnd(const Deadline& deadline = Deadline());

  void HalfClose();  // FIN; reading goes on
  void Reset();      // RST
  void Close();
  // Called once, right before the descriptor is given up, by whichever way.
  void BeforeClose(std::function<void()> task) { before_close_ = std::move(task); }
  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  absl::Status WaitFor(short events, const Deadline& deadline) const;
  absl::Status Fill(const Deadline& deadline, bool& ended);

  int fd_;
  std::string buffered_;
  std::function<void()> before_close_;
};

}  // namespace sluice::test
