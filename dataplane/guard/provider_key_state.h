// One provider key, in one text: how many requests are under way with it, and its health.
//
//   healthy ----429----> cooling until the provider's time, then used again; a success heals
//           ----401----> suspended: from `until` on one request at a time may try it; a success
//           ----402----> exhausted  heals, another refusal lets it rest for twice as long
//
// Outlives snapshots. Any thread: entering, leaving and successes of a healthy key touch atomics
// only; a change of state takes a lock, is logged, and is told to the feed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "dataplane/guard/key_health.h"
#include "dataplane/guard/key_health_feed.h"
#include "dataplane/guard/key_verdict.h"

namespace sluice::guard {

class ProviderKeyState {
 public:
  // Rests where the provider says nothing; each doubles until the key has a success.
  static constexpr absl::Duration kFirstCooling = absl::Seconds(2);
  static constexpr absl::Duration kLongestCooling = absl::Minutes(1);
  static constexpr absl::Duration kFirstSuspension = absl::Seconds(5);
  static constexpr absl::Duration kLongestSuspension = absl::Minutes(10);
  static constexpr absl::Duration kFirstExhaustion = absl::Seconds(30);
  static constexpr absl::Duration kLongestExhaustion = absl::Hours(1);

  // `name`: for logs, e.g. "openai/main". `feed` may be null.
  ProviderKeyState(std::string id, std::string name, int64_t generation,
                   std::shared_ptr<KeyHealthFeed> feed);
  ProviderKeyState(const ProviderKeyState&) = delete;
  ProviderKeyState& operator=(const ProviderKeyState&) = delete;

  const std::string& id() const { return id_; }
  const std::string& name() const { return name_; }
  int64_t generation() const { return generation_; }
  uint64_t hash() const { return hash_; }  // of the id

  bool IsUsable(absl::Time now) const;
  // None: it does not rest for a rate limit.
  std::optional<absl::Duration> CoolsFor(absl::Time now) const;
  int32_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

  // How a request goes with the key.
  enum class Entry {
    kNo,     // it cannot
    kUse,    // like any other
    kProbe,  // the one that tries it
    kOnly,   // whatever its health: there is no other key
  };
  // Each but kNo has one Leave.
  Entry Enter(absl::Time now);
  Entry EnterAsOnly();
  void Leave(Entry entry);

  // What the answer to a request that went as `entry` says.
  void Judge(const KeyVerdict& verdict, Entry entry, absl::Time now);
  // Takes over what another node has found out, if it is later. False if it is not.
  bool Take(const KeyHealth& told, absl::Time now);

  // Cooling that is over counts as healthy.
  KeyHealth Read(absl::Time now) const;

 private:
  // Health, whether a probe is under way, and `until` in milliseconds, in one word.
  struct Gate {
    Health health;
    bool probing;
    int64_t until_ms;
  };
  static uint64_t Pack(const Gate& gate);
  static Gate Unpack(uint64_t word);

  void Heal(Entry entry, absl::Time now);
  void Cool(const KeyVerdict& verdict, Entry entry, absl::Time now);
  void Rest(Health health, const std::string& reason, Entry entry, absl::Time now);
  // A state of this node's own.
  void Change(Health health, absl::Time until, std::string reason, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Set(KeyHealth health) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string id_;
  const std::string name_;
  const int64_t generation_;
  const uint64_t hash_;
  const std::shared_ptr<KeyHealthFeed> feed_;

  std::atomic<uint64_t> gate_{0};
  std::atomic<int32_t> in_flight_{0};

  mutable absl::Mutex mutex_;
  KeyHealth health_ ABSL_GUARDED_BY(mutex_);
  int strikes_ ABSL_GUARDED_BY(mutex_) = 0;  // in a row, without a success
};

}  // namespace sluice::guard
