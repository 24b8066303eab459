// When client keys were used last, as the nodes' heartbeats tell, until it is written down.
//
// Thread-safe.
#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::publish {

class KeyUses {
 public:
  using Times = absl::flat_hash_map<std::string, absl::Time>;  // by client key id

  // A node's clock that is ahead of `now` is not believed.
  void Note(const fleet::v1::Heartbeat& beat, absl::Time now);
  // What is not written down yet.
  Times Pending() const;
  Times Take();
  // What could not be written down.
  void PutBack(const Times& times);

 private:
  void Keep(const std::string& id, absl::Time at) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  Times times_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::publish
