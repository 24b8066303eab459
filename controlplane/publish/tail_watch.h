// One caller who watches requests live: what it asked for, and the lines that wait for it.
//
// A caller that reads slowly, or never, costs its queue and nothing to nodes or other callers: what
// does not fit is counted. Lines that came together go together; one message is outstanding at
// most.
//
// Thread-safe. Made by TailHub::Open.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/rate_bucket.h"
#include "sluice/admin/v1/admin.pb.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::publish {

struct TailTerms {
  std::vector<fleet::v1::TailFilter> filters;  // one of them must fit
  std::string node;                            // empty: of all
  int lines_per_second = 50;                   // of each node
};

// Where a watch writes to: the call. Called under the watch's lock, one call at a time: it must
// return at once and not call the watch.
class TailOutlet {
 public:
  virtual ~TailOutlet() = default;
  // Answered by OnWriteDone; until then there is no other Write.
  virtual void Write(admin::v1::TailResponse response) = 0;
  // The last call.
  virtual void Close(const absl::Status& status) = 0;
};

class TailWatch {
 public:
  static constexpr size_t kMostLines = 2000;  // that wait
  static constexpr size_t kMostBytes = size_t{4} << 20;
  // Of one message.
  static constexpr int kMostSent = 500;
  static constexpr size_t kMostSentBytes = size_t{512} << 10;

  TailWatch(TailTerms terms, TailOutlet& outlet) : terms_(std::move(terms)), outlet_(&outlet) {}
  TailWatch(const TailWatch&) = delete;
  TailWatch& operator=(const TailWatch&) = delete;

  // Sends an empty message, by which the caller knows that it watches; until then nothing is sent.
  void Begin();
  void OnWriteDone();
  // No call of the outlet after this.
  void Detach();
  void Close(const absl::Status& status);

  // What a node told: takes over what was asked for. How many lines it took.
  int64_t Take(const std::string& node, const fleet::v1::TailLines& told, absl::Time now);
  // The node has left.
  void Forget(const std::string& node);

  const TailTerms& terms() const { return terms_; }
  bool IsOf(const std::string& node) const { return terms_.node.empty() || terms_.node == node; }

 private:
  bool IsWanted(const fleet::v1::TailLine& line) const;
  void Pump() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const TailTerms terms_;

  absl::Mutex mutex_;
  TailOutlet* outlet_ ABSL_GUARDED_BY(mutex_);  // null: closed or gone
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;  // since the message before
  // Others may have made the node send more than this caller asked for.
  absl::flat_hash_map<std::string, base::RateBucket> rates_ ABSL_GUARDED_BY(mutex_);  // by node
};

}  // namespace sluice::publish
