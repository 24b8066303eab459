// How long a test waits for something that must happen. One deadline is handed through all steps of
// a wait, so that their times do not add up.
#pragma once

#include <chrono>
#include <functional>

namespace sluice::test {

// Generous, because sanitizers and a busy machine are slow; what is awaited normally happens at
// once.
inline constexpr std::chrono::milliseconds kPatience{20000};

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds patience = kPatience)
      : end_(std::chrono::steady_clock::now() + patience) {}

  bool passed() const { return std::chrono::steady_clock::now() >= end_; }
  // For poll(): at least 0.
  int LeftMs() const;

 private:
  std::chrono::steady_clock::time_point end_;
};

// Asks `condition` again and again until it holds; false if it does not in time. For what a process
// outside tells only when asked; whatever can be waited for properly should be.
bool Eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds patience = kPatience);

}  // namespace sluice::test
