// Stops requests to a provider that fails, and lets one through from time to time to see whether it
// still does.
//
//   closed ----too many of the window failed----> open ----open_for----> half-open: one probe
//     ^------------------ the probe succeeded ----------------------------|  else open again
//
// A probe that has not ended after open_for is followed by another.
//
// Outlives snapshots; its rules come with each call, from the snapshot. Atomics only; any thread.
// The time is passed in.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "dataplane/event/timer.h"

namespace sluice::guard {

struct BreakerRules {
  bool enabled = true;
  int failure_percent = 50;
  int minimum_requests = 20;
  std::chrono::milliseconds window{10'000};
  std::chrono::milliseconds open_for{5'000};
};

class CircuitBreaker {
 public:
  enum class State : uint8_t { kClosed = 0, kOpen = 1, kHalfOpen = 2 };

  // A request that was let through. Each ends in one Ended.
  enum class Pass { kPlain, kProbe };
  // None: refused; ask RetryAfter.
  std::optional<Pass> Enter(const BreakerRules& rules, event::MonoTime now);
  // The provider has begun a sound answer: enough for a probe, whose answer may take an hour.
  void Answered(Pass pass);
  // Nothing: it says nothing of the provider, e.g. because the client left. True if it opened.
  bool Ended(Pass pass, std::optional<bool> failed, const BreakerRules& rules, event::MonoTime now);

  // Until one is let through; at least a millisecond.
  std::chrono::milliseconds RetryAfter(event::MonoTime now) const;
  State state() const;

 private:
  static constexpr size_t kBuckets = 10;
  struct Counts {
    uint64_t ended = 0;
    uint64_t failed = 0;
  };

  Counts Count(bool failed, const BreakerRules& rules, event::MonoTime now);
  void Open(const BreakerRules& rules, event::MonoTime now);
  void Forget();

  // State, and the time in milliseconds from which a probe, or another one, may go.
  std::atomic<uint64_t> state_{0};
  // Of one piece of the window each: which piece (24 bits), ended and failed (20 bits each).
  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
};

// A pass that ends, whatever happens to who holds it.
class BreakerPass {
 public:
  BreakerPass() = default;
  BreakerPass(CircuitBreaker* breaker, const BreakerRules* rules, CircuitBreaker::Pass pass)
      : breaker_(breaker), rules_(rules), pass_(pass) {}
  BreakerPass(BreakerPass&& other) noexcept
      : breaker_(std::exchange(other.breaker_, nullptr)),
        rules_(other.rules_),
        pass_(other.pass_) {}
  BreakerPass& operator=(BreakerPass&& other) noexcept {
    if (this == &other) return *this;
    Drop();
    breaker_ = std::exchange(other.breaker_, nullptr);
    rules_ = other.rules_;
    pass_ = other.pass_;
    return *this;
  }
  ~BreakerPass() { Drop(); }

  void Answered() {
    if (breaker_ != nullptr) breaker_->Answered(pass_);
  }
  // True if the breaker opened.
  bool End(bool failed, event::MonoTime now) {
    if (breaker_ == nullptr) return false;
    return std::exchange(breaker_, nullptr)->Ended(pass_, failed, *rules_, now);
  }
  void Drop() {
    if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->Ended(pass_, {}, *rules_, {});
  }

 private:
  CircuitBreaker* breaker_ = nullptr;
  const BreakerRules* rules_ = nullptr;
  CircuitBreaker::Pass pass_ = CircuitBreaker::Pass::kPlain;
};

}  // namespace sluice::guard
