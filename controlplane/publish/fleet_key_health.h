// What the nodes have told of the health of provider keys: the latest of each key, which goes on to
// the other nodes, and what each connected node makes of it, which people are shown.
//
// Thread-safe. Kept in memory alone: nodes tell again when they connect.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "sluice/admin/v1/admin.pb.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::publish {

class FleetKeyHealth {
 public:
  static constexpr size_t kMostKeys = 20000;  // states of further keys are not kept
  static constexpr int kMostSent = 1000;      // keys of one message

  // True if something of it is later than what was known: the other nodes are to hear of it. What
  // is no sound state of a key is left out.
  bool Take(const std::string& node, const fleet::v1::KeyHealth& told, absl::Time now);
  // The node is no longer connected.
  void Leave(const std::string& node);

  // Grows with everything that the nodes are to hear of.
  uint64_t version() const;
  struct News {
    fleet::v1::KeyHealth keys;  // perhaps none
    uint64_t version = 0;       // up to which these are all
  };
  // What came after `version`, less what `node` told itself; after 0, only keys that are not
  // healthy. At most kMostSent keys: to be asked again until version() is reached.
  News Since(uint64_t version, const std::string& node) const;

  // Fills `out` for people. False if no connected node has told anything of this generation.
  bool Describe(const config::v1::ProviderKey& key, absl::Time now,
                admin::v1::ProviderKeyHealth* out) const;

 private:
  using State = fleet::v1::ProviderKeyState;
  struct Latest {
    State state;
    std::string node;
    uint64_t version = 0;
  };

  bool TakeOne(const std::string& node, State state, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOld(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Latest> latest_ ABSL_GUARDED_BY(mutex_);        // by key
  std::map<uint64_t, std::string> by_version_ ABSL_GUARDED_BY(mutex_);  // of latest_
  // By key, then by node.
  std::map<std::string, std::map<std::string, State>> views_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::publish
