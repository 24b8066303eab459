// What this node knows of its provider keys, on its way to the rest of the fleet and back.
//
// The link's thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "dataplane/config/live_state.h"
#include "dataplane/guard/key_health.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::link {

class KeyHealthCourier {
 public:
  // Of one message.
  static constexpr size_t kMostKeys = 500;

  // Both must outlive the object.
  KeyHealthCourier(config::LiveState& live_state, const base::Clock& clock)
      : live_state_(live_state), clock_(clock) {}

  // For a new connection: every key that is not healthy, or that it has ever told so.
  std::vector<fleet::v1::NodeMessage> All();
  // What has changed since the last call of either.
  std::vector<fleet::v1::NodeMessage> News();
  // What other nodes have found out. What is of another generation, or not later than what this
  // node knows, says nothing.
  void Take(const fleet::v1::KeyHealth& told);

 private:
  std::vector<fleet::v1::NodeMessage> Pack(const std::vector<guard::KeyReport>& reports);

  config::LiveState& live_state_;
  const base::Clock& clock_;
  std::set<std::string> told_unhealthy_;
};

}  // namespace sluice::link
