#include "dataplane/guard/circuit_breaker.h"

#include <algorithm>

namespace sluice::guard {
namespace {

constexpr uint64_t kCountBits = 20;
constexpr uint64_t kCountMask = (uint64_t{1} << kCountBits) - 1;
constexpr uint64_t kStampMask = (uint64_t{1} << 24) - 1;

int64_t MillisOf(event::MonoTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

uint64_t Pack(CircuitBreaker::State state, int64_t from_ms) {
  return static_cast<uint64_t>(from_ms) << 2 | static_cast<uint64_t>(state);
}
CircuitBreaker::State StateOf(uint64_t word) {
  return static_cast<CircuitBreaker::State>(word & 3U);
}
int64_t FromOf(uint64_t word) { return static_cast<int64_t>(word >> 2); }

uint64_t StampOf(uint64_t word) { return word >> (2 * kCountBits); }
uint64_t EndedOf(uint64_t word) { return word >> kCountBits & kCountMask; }
uint64_t FailedOf(uint64_t word) { return word & kCountMask; }

// One more. A bucket that is full stays as it is: a million say enough.
uint64_t Counted(uint64_t word, uint64_t stamp, bool failed) {
  if (StampOf(word) != stamp) word = stamp << (2 * kCountBits);
  if (EndedOf(word) == kCountMask) return word;
  return word + (uint64_t{1} << kCountBits) + (failed ? 1U : 0U);
}

}  // namespace

CircuitBreaker::State CircuitBreaker::state() const {
  return StateOf(state_.load(std::memory_order_acquire));
}

std::optional<CircuitBreaker::Pass> CircuitBreaker::Enter(const BreakerRules& rules,
                                                          event::MonoTime now) {
  uint64_t word = state_.load(std::memory_order_acquire);
  if (!rules.enabled || StateOf(word) == State::kClosed) return Pass::kPlain;
  const int64_t now_ms = MillisOf(now);
  if (now_ms < FromOf(word)) return std::nullopt;
  // A probe whose client takes its time must not keep the others out for ever.
  const uint64_t probing = Pack(State::kHalfOpen, now_ms + rules.open_for.count());
  if (!state_.compare_exchange_strong(word, probing, std::memory_order_acq_rel)) {
    return std::nullopt;
  }
  return Pass::kProbe;
}

void CircuitBreaker::Answered(Pass pass) {
  if (pass == Pass::kProbe && state() == State::kHalfOpen) Forget();
}

bool CircuitBreaker::Ended(Pass pass, std::optional<bool> failed, const BreakerRules& rules,
                           event::MonoTime now) {
  const bool probing = pass == Pass::kProbe && state() == State::kHalfOpen;
  if (probing) {
    if (!failed) {
      // The next one may try.
      state_.store(Pack(State::kOpen, 0), std::memory_order_release);
    } else if (*failed) {
      Open(rules, now);
      return true;
    } else {
      Forget();
    }
    return false;
  }
  if (!failed || !rules.enabled) return false;
  const Counts counts = Count(*failed, rules, now);
  const bool enough = counts.ended >= static_cast<uint64_t>(rules.minimum_requests);
  const bool many =
      counts.failed * 100 >= counts.ended * static_cast<uint64_t>(rules.failure_percent);
  if (!*failed || !enough || !many || state() != State::kClosed) return false;
  Open(rules, now);
  return true;
}

CircuitBreaker::Counts CircuitBreaker::Count(bool failed, const BreakerRules& rules,
                                             event::MonoTime now) {
  const int64_t piece_ms = std::max<int64_t>(1, rules.window.count() / int64_t{kBuckets});
  // Never 0, the stamp of a bucket that was never used.
  const uint64_t piece = static_cast<uint64_t>(MillisOf(now) / piece_ms) + 1;
  std::atomic<uint64_t>& bucket = buckets_[piece % kBuckets];
  uint64_t word = bucket.load(std::memory_order_relaxed);
  while (!bucket.compare_exchange_weak(word, Counted(word, piece & kStampMask, failed),
                                       std::memory_order_relaxed)) {
  }
  Counts counts;
  for (const auto& other : buckets_) {
    const uint64_t seen = other.load(std::memory_order_relaxed);
    if (((piece - StampOf(seen)) & kStampMask) >= kBuckets) continue;
    counts.ended += EndedOf(seen);
    counts.failed += FailedOf(seen);
  }
  return counts;
}

void CircuitBreaker::Open(const BreakerRules& rules, event::MonoTime now) {
  const int64_t from = MillisOf(now) + rules.open_for.count();
  state_.store(Pack(State::kOpen, from), std::memory_order_release);
}

// What failed before says nothing of a provider that is back.
void CircuitBreaker::Forget() {
  for (auto& bucket : buckets_) bucket.store(0, std::memory_order_relaxed);
  state_.store(0, std::memory_order_release);
}

std::chrono::milliseconds CircuitBreaker::RetryAfter(event::MonoTime now) const {
  const uint64_t word = state_.load(std::memory_order_acquire);
  return std::chrono::milliseconds(std::max<int64_t>(1, FromOf(word) - MillisOf(now)));
}

}  // namespace sluice::guard
