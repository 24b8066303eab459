// Requests that somebody watches live, on their way from the recorder to the link: those that fit a
// filter, as the access log writes them, whether one is written or not. Sampled: what is more than
// the order allows, or than has been taken away, is counted and nothing else.
//
// Watch, Take: the link's thread. Offer, Miss, HasNews: the recorder's; while nobody watches they
// cost one relaxed load. state(): any thread. No worker comes here.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/rate_bucket.h"
#include "dataplane/observe/request_record.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::observe {

class TailFeed {
 public:
  // That wait to be taken.
  static constexpr size_t kMostLines = 1000;
  static constexpr size_t kMostBytes = size_t{2} << 20;
  // Of one message: below what the control plane takes of a node.
  static constexpr int kMostTaken = 200;
  static constexpr size_t kMostTakenBytes = size_t{128} << 10;
  static constexpr size_t kMostLineBytes = size_t{32} << 10;  // longer ones are left out
  // How long a count without lines waits for some.
  static constexpr absl::Duration kCountAlone = absl::Seconds(1);

  struct State {
    uint64_t sent = 0;  // lines taken since the start
    uint64_t left_out = 0;
  };

  // `clock` outlives this.
  TailFeed(std::string node, const base::Clock& clock);

  // Replaces what is watched; without filters nothing is, and what waits is dropped.
  void Watch(const fleet::v1::TailOrder& order);

  void Offer(const RequestRecord& record) {
    if (watched_.load(std::memory_order_relaxed)) OfferWatched(record);
  }
  // Requests that were summed up, so that no line can be made of them.
  void Miss(const fleet::v1::UsageRecord& sum) {
    if (watched_.load(std::memory_order_relaxed)) MissWatched(sum);
  }
  // There is something to take.
  bool HasNews() const { return watched_.load(std::memory_order_relaxed) && HasNewsWatched(); }

  // The next lines, or what was left out since the last; nothing: neither.
  std::optional<fleet::v1::TailLines> Take();

  State state() const {
    return {sent_.load(std::memory_order_relaxed), left_out_total_.load(std::memory_order_relaxed)};
  }

 private:
  // What a filter looks at.
  struct Facts {
    std::string_view client_key_id;
    std::string_view provider;
    int status;
    bool failed;
  };

  void OfferWatched(const RequestRecord& record);
  void MissWatched(const fleet::v1::UsageRecord& sum);
  bool HasNewsWatched() const;
  bool IsWanted(const Facts& facts) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LeaveOut(int64_t requests) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string node_;
  const base::Clock& clock_;
  std::atomic<bool> watched_{false};
  std::atomic<uint64_t> sent_{0};
  std::atomic<uint64_t> left_out_total_{0};

  mutable absl::Mutex mutex_;
  fleet::v1::TailOrder order_ ABSL_GUARDED_BY(mutex_);
  base::RateBucket rate_ ABSL_GUARDED_BY(mutex_);
  std::deque<fleet::v1::TailLine> lines_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;  // since the last were taken
  absl::Time taken_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace sluice::observe
