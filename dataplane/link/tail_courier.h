// Requests that somebody watches live, on their way to the control plane. A stream that ends ends
// the watch: the next one's control plane says again what it wants.
//
// The link's thread.
#pragma once

#include <optional>

#include "dataplane/observe/tail_feed.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::link {

class TailCourier {
 public:
  // `feed` outlives this.
  explicit TailCourier(observe::TailFeed& feed) : feed_(feed) {}

  // The stream has ended.
  void Reset() { feed_.Watch({}); }
  void Take(const fleet::v1::TailOrder& order) { feed_.Watch(order); }
  // What is to be sent now, if anything is. To be asked only while the stream has nothing else to
  // send: whoever watches waits, so that configuration, acknowledgements and heartbeats need not.
  std::optional<fleet::v1::NodeMessage> Next();

 private:
  observe::TailFeed& feed_;
};

}  // namespace sluice::link
