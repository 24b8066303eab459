// How much there is of something now, and the most that there has been. One thread changes it, any
// thread reads: a change costs a load and a store. Readers see the two as of about the same time.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice::base {

class Level {
 public:
  Level() = default;
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

  void Set(int64_t value) {
    now_.store(value, std::memory_order_relaxed);
    if (value > highest()) highest_.store(value, std::memory_order_relaxed);
  }
  void Add(int64_t change) { Set(now() + change); }

  int64_t now() const { return now_.load(std::memory_order_relaxed); }
  int64_t highest() const { return highest_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> now_{0};
  std::atomic<int64_t> highest_{0};
};

}  // namespace sluice::base
