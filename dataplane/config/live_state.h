// What must outlive a Snapshot: the guards of each provider, owned by provider name, so that a push
// neither restarts a rotation nor forgets what a guard has learned.
//
// Used by one thread at a time: whoever builds snapshots (start-up, then the link). The guards
// themselves are shared with the workers through the snapshots.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "dataplane/guard/provider_key_pool.h"

namespace sluice::config {

class LiveState {
 public:
  // The pool of that provider, made when it is first asked for.
  std::shared_ptr<guard::ProviderKeyPool> PoolOf(std::string_view provider);
  // Forgets the guards of every other provider. Snapshots that still have them keep them alive.
  void KeepOnly(const std::set<std::string_view>& providers);

  size_t size() const { return pools_.size(); }

 private:
  std::map<std::string, std::shared_ptr<guard::ProviderKeyPool>, std::less<>> pools_;
};

}  // namespace sluice::config
