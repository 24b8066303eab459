// With what the nodes on open streams came in, and the end of a stream with it: when its
// certificate expires, and when its node is expelled.
//
// Thread-safe. Outlives the streams.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/access/principal.h"
#include "controlplane/publish/session.h"

namespace sluice::service {

class NodeRoster {
 public:
  void Enter(const std::shared_ptr<publish::Session>& session, const access::Principal& principal);
  // The node has said who it is. Before what it said is checked: then an expulsion that comes
  // meanwhile finds either the name here or is found by the check.
  void Name(const std::shared_ptr<publish::Session>& session, std::string_view node);
  void Leave(const std::shared_ptr<publish::Session>& session);

  // Ends the streams of that node.
  void Close(std::string_view node, const absl::Status& status);
  // Ends the streams whose certificate has expired. To be called about once a second.
  void Sweep(absl::Time now);

 private:
  struct Entry {
    std::shared_ptr<publish::Session> session;
    std::string node;
    absl::Time expires_at = absl::InfiniteFuture();
  };

  // Never held while a session is called.
  absl::Mutex mutex_;
  absl::flat_hash_map<const publish::Session*, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::service
