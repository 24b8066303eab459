// How the canaries of a rollout fare beside the other nodes, since it is watched. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "controlplane/store/rollout_rows.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::publish {

class RolloutWatch {
 public:
  // Of fewer requests no share of errors is worth a verdict.
  static constexpr int64_t kEnoughRequests = 20;

  struct Halves {
    admin::v1::Rollout::Half canaries;
    admin::v1::Rollout::Half others;
  };
  // Counts of nodes begin with the first look at them after the rollout began.
  Halves Look(const store::RolloutRow& rollout, const std::vector<admin::v1::Node>& nodes);

  // Why the rollout is to end by itself; nothing: it may go on.
  static std::optional<std::string> WhyAbort(const store::RolloutRow& rollout,
                                             const Halves& halves);

 private:
  struct Counts {
    int64_t requests = 0;
    int64_t errors = 0;
  };

  void AddTo(admin::v1::Rollout::Half* half, const store::RolloutRow& rollout,
             const admin::v1::Node& node) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  int64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Counts> begin_ ABSL_GUARDED_BY(mutex_);  // by node
};

}  // namespace sluice::publish
