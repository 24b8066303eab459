// An upstream that a test writes itself: each connection runs a script on a thread of its own, with
// the raw socket in hand. For what the emulator does not do, such as an answer that depends on
// every byte of the request.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/support/deadline.h"
#include "tests/support/raw_socket.h"

namespace sluice::test {

class RawUpstream {
 public:
  // `index` counts connections from 0. The connection closes when the script returns; scripts of
  // different connections run at once.
  using Script = std::function<void(RawSocket& socket, size_t index)>;

  // Listens on a free port of the loopback; ends the program with a sentence if it cannot.
  explicit RawUpstream(Script script);
  // Reads one request after the other, records them, and answers the n-th of all connections with
  // `answers[n]`, byte by byte as given; the last one again when they run out. Closes after an
  // answer that says `Connection: close`.
  explicit RawUpstream(std::vector<std::string> answers);
  // Resets what is still connected, and waits for the scripts.
  ~RawUpstream();
  RawUpstream(const RawUpstream&) = delete;
  RawUpstream& operator=(const RawUpstream&) = delete;

  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // For scripts: keeps the raw bytes of one request.
  void Record(std::string request);
  // Reads one request with its body (length or chunked), framing and all. Empty if the peer ended
  // before one began.
  static std::string ReadRequest(RawSocket& socket);

  // Raw requests in the order in which they were recorded.
  std::vector<std::string> requests() const;
  // Waits until there are that many; false if there are not in time.
  bool WaitForRequests(size_t count, std::chrono::milliseconds patience = kPatience) const;
  size_t connections() const { return connections_.load(); }

 private:
  void Listen();
  void Accept();
  void Serve(int fd, size_t index);
  void Answer(RawSocket& socket);

  Script script_;
  const std::vector<std::string> answers_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<size_t> connections_{0};
  mutable absl::Mutex mutex_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> open_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace sluice::test
