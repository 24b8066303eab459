// Ctrl-C (SIGINT) as a wish and not as an end: while such an object lives, the program goes on to
// its proper end. One at a time; made, asked and ended by one thread.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace sluice::cli {

class Interruption {
 public:
  // `on_interrupt`: called once when it comes, on a thread that ends with this object.
  explicit Interruption(std::function<void()> on_interrupt = {});
  ~Interruption();  // what SIGINT did before it does again
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  bool came() const;
  // Readable once it has come; for poll(). Not to be read from.
  int fd() const { return came_[0]; }

 private:
  void Listen(const std::function<void()>& on_interrupt) const;

  int came_[2] = {-1, -1};  // a pipe that the signal writes to
  int ends_[2] = {-1, -1};  // one for the thread's end
  struct sigaction before_ {};
  std::thread thread_;
};

}  // namespace sluice::cli
