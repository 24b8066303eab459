// What /readyz answers. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "dataplane/observe/configuration_state.h"

namespace sluice::observe {

struct Readiness {
  bool ready = false;
  std::string serving;  // "live", "last_known_good", or "nothing"
  std::string epoch;
  int64_t revision = 0;
  double age_seconds = 0;  // since the control plane last confirmed what is served
  bool connected = false;  // to the control plane
  std::string reason;      // why it is not ready, or not live; empty if all is well
};

// Ready as soon as there is something to serve: a node must not leave its load balancer because the
// control plane is away.
Readiness ReadinessOf(const ConfigurationState& state);

// One JSON object with a line end, fields as above.
std::string ToJson(const Readiness& readiness);

}  // namespace sluice::observe
