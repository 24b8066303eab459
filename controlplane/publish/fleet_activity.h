// What the fleet did in the last minutes, by node, provider and client key, as the nodes tell of
// their requests: what `sluicectl top` shows.
//
// In memory alone, in slots of five seconds by the time at which requests ended; what ended too
// long ago, or in the future by more than a minute, is left out. Bounded: in each slot so many
// names of a kind, the rest under kOthers, and so many bins of latencies, beyond which the
// percentiles do without what came late.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/publish/latency_bins.h"
#include "controlplane/store/usage_check.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::publish {

class FleetActivity {
 public:
  static constexpr int kMostSeconds = 300;
  static constexpr int kSlotSeconds = 5;
  static constexpr size_t kMostNodes = 1000;  // of a slot
  static constexpr size_t kMostProviders = 500;
  static constexpr size_t kMostClientKeys = 2000;
  static constexpr size_t kMostBins = 50'000;  // of a slot, all names together
  static constexpr int kMostListed = 1000;     // of each kind in an answer
  static constexpr std::string_view kOthers = "_others";

  FleetActivity();

  // A batch that has been stored, less its first `skipped` records, which were stored before.
  void Add(const store::NodeUsage& usage, int64_t skipped, absl::Time now);

  // The last `seconds` (1 to kMostSeconds) and what is left of the slot in which they begin: the
  // answer says how many those are. Names of client keys are left to others.
  admin::v1::GetActivityResponse Read(int seconds, absl::Time now) const;

 private:
  struct Group {
    int64_t requests = 0;
    int64_t failed = 0;
    int64_t failed_upstream = 0;
    int64_t tokens = 0;
    int64_t cost_nanos = 0;
    int64_t unpriced = 0;
    int64_t bytes_down = 0;
    LatencyBins first_byte;
    LatencyBins duration;
  };
  using Groups = std::map<std::string, Group, std::less<>>;
  struct Slot {
    int64_t number = -1;  // its begin divided by its length, since 1970
    size_t bins = 0;
    Group total;
    Groups nodes;
    Groups providers;
    Groups client_keys;
  };
  class Sum;
  using Sums = std::map<std::string_view, Sum>;

  // Null if it is not of the time that is kept.
  Slot* SlotOf(absl::Time ended, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void AddRecord(const std::string& node, const fleet::v1::UsageRecord& record, Slot* slot);
  static void AddTo(Group* group, const fleet::v1::UsageRecord& record, Slot* slot);
  static void Gather(const Groups& groups, size_t most, Sums* sums);
  static void List(const Sums& sums, google::protobuf::RepeatedPtrField<admin::v1::Activity>* list);

  mutable absl::Mutex mutex_;
  std::vector<Slot> slots_ ABSL_GUARDED_BY(mutex_);  // a ring
};

}  // namespace sluice::publish
