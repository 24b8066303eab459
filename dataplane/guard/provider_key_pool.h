// Lends one of a provider's keys to each try of a request. Outlives snapshots, so a push does not
// restart the rotation; the keys that there are come with each call, from the snapshot. Atomics
// only; any thread.
//
// The only key there is is lent whatever its health: nothing could take its place, and what its
// provider answers says more than the gateway could.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "dataplane/guard/provider_key_state.h"

namespace sluice::guard {

enum class KeyStrategy { kRoundRobin, kLeastLoaded, kSticky };

struct PooledKey {
  std::shared_ptr<ProviderKeyState> state;
  uint32_t weight = 1;  // 1 to 1000
};

// A key while a request goes with it. The PooledKey must outlive it.
class KeyLease {
 public:
  KeyLease() = default;
  KeyLease(size_t index, ProviderKeyState* state, ProviderKeyState::Entry entry)
      : index_(index), state_(state), entry_(entry) {}
  KeyLease(KeyLease&& other) noexcept
      : index_(other.index_), state_(std::exchange(other.state_, nullptr)), entry_(other.entry_) {}
  KeyLease& operator=(KeyLease&& other) noexcept {
    if (this == &other) return *this;
    GiveBack();
    index_ = other.index_;
    state_ = std::exchange(other.state_, nullptr);
    entry_ = other.entry_;
    return *this;
  }
  ~KeyLease() { GiveBack(); }

  explicit operator bool() const { return state_ != nullptr; }
  size_t index() const { return index_; }  // of the key among those that were given to Lend
  ProviderKeyState* state() const { return state_; }
  // It is the one request that tries the key.
  bool probing() const { return entry_ == ProviderKeyState::Entry::kProbe; }
  void Judge(const KeyVerdict& verdict, absl::Time now) {
    if (state_ != nullptr) state_->Judge(verdict, entry_, now);
  }
  void GiveBack() {
    if (state_ != nullptr) std::exchange(state_, nullptr)->Leave(entry_);
  }

 private:
  size_t index_ = 0;
  ProviderKeyState* state_ = nullptr;
  ProviderKeyState::Entry entry_ = ProviderKeyState::Entry::kUse;
};

// Why there is none. `cools_for`: the shortest rest, if a key rests for a rate limit.
struct NoKey {
  std::optional<absl::Duration> cools_for;
};

class ProviderKeyPool {
 public:
  struct Wish {
    KeyStrategy strategy = KeyStrategy::kRoundRobin;
    uint64_t client = 0;  // SpreadHash of the client key's id
    absl::Time now;
    // Indices that this request has gone with before: lent only if no other can be.
    absl::Span<const size_t> tried = {};
    bool only_untried = false;  // not even then
  };
  std::variant<KeyLease, NoKey> Lend(absl::Span<const PooledKey> keys, const Wish& wish);

 private:
  size_t Choose(absl::Span<const PooledKey> keys, const Wish& wish,
                const std::vector<size_t>& usable);
  size_t InTurn(absl::Span<const PooledKey> keys, const std::vector<size_t>& usable);

  std::atomic<uint64_t> next_{0};
};

}  // namespace sluice::guard
