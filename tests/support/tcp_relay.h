// A line between two programs that a test can listen to and interrupt: forwards TCP connections to
// a port of this machine, counts their bytes, and can stop forwarding without closing anything, as
// a network does that drops packets.
//
// A thread of its own. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::test {

class TcpRelay {
 public:
  // Listens on a free port of 127.0.0.1 when it returns.
  static absl::StatusOr<std::unique_ptr<TcpRelay>> Start(uint16_t target);
  ~TcpRelay();
  TcpRelay(const TcpRelay&) = delete;
  TcpRelay& operator=(const TcpRelay&) = delete;

  uint16_t port() const { return port_; }
  // While it lasts nothing is taken in and nothing passed on, either way, and no end of a
  // connection either. What was under way arrives afterwards.
  void Interrupt(bool on);
  // From now on everything that is passed on is kept, both ways in the order it came.
  void Record();
  std::string recorded() const;
  // Bytes passed on so far.
  uint64_t to_target() const { return to_target_.load(); }
  uint64_t from_target() const { return from_target_.load(); }

 private:
  struct Lane {
    int from = -1;
    int to = -1;
    std::vector<char> waiting;
    bool ended = false;  // `from` has, and `to` was told
    std::atomic<uint64_t>* count = nullptr;
  };
  struct Line {
    Lane up;
    Lane down;
  };

  using Seen = std::array<short, 2>;  // what poll says of the client's side and of the target's

  TcpRelay(uint16_t target, int listener, int wake, uint16_t port);
  void Run();
  void Accept();
  // False if the connection is broken.
  bool Pass(Lane& lane, bool readable, bool writable);
  bool PassBoth(Line& line, const Seen& seen);
  void Wait(std::vector<Seen>* seen, bool* arrived);

  const uint16_t target_;
  const int listener_;
  const int wake_;
  const uint16_t port_;
  std::atomic<bool> interrupted_{false};
  std::atomic<bool> ending_{false};
  std::atomic<uint64_t> to_target_{0};
  std::atomic<uint64_t> from_target_{0};
  std::atomic<bool> records_{false};
  mutable std::mutex record_mutex_;
  std::string record_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::thread thread_;
};

}  // namespace sluice::test
