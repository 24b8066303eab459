// Client keys of a configuration on their way into the index of a snapshot.
#pragma once

#include <memory>
#include <vector>

#include "common/wire/config_check.h"
#include "dataplane/config/client_key_index.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

// What an index is changed by: keys that were and keys that are, checked.
class ClientKeyBuilder {
 public:
  // Keys that are in `former` keep their guards: what they have used of their limits outlives a
  // push.
  explicit ClientKeyBuilder(const ClientKeyIndex& former) : former_(former), draft_(former) {}
  // Begins with no key at all.
  static ClientKeyBuilder Anew(const ClientKeyIndex& former) {
    return ClientKeyBuilder(former, ClientKeyIndex());
  }

  void Remove(const v1::ClientKeyEntry& key);
  // False if another key has its digest.
  bool Add(const v1::ClientKeyEntry& key);

  ClientKeyIndex Take() && { return std::move(draft_).Take(); }
  // Of keys that were revoked together with what is under way.
  const std::vector<std::shared_ptr<guard::ClientKeyGuard>>& cuts() const { return cuts_; }

 private:
  ClientKeyBuilder(const ClientKeyIndex& former, const ClientKeyIndex& from)
      : former_(former), draft_(from) {}

  ClientKeyIndex former_;
  ClientKeyIndex::Draft draft_;
  std::vector<std::shared_ptr<guard::ClientKeyGuard>> cuts_;
};

}  // namespace sluice::config
