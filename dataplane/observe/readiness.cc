#include "dataplane/observe/readiness.h"

#include <nlohmann/json.hpp>

namespace sluice::observe {

Readiness ReadinessOf(const ConfigurationState& state) {
  Readiness readiness{.ready = state.serving(),
                      .serving = "nothing",
                      .epoch = state.epoch,
                      .revision = state.revision,
                      .age_seconds = state.age_seconds,
                      .connected = state.connected,
                      .reason = state.last_error};
  if (state.serving()) readiness.serving = state.live ? "live" : "last_known_good";
  if (!readiness.reason.empty()) return readiness;
  if (!state.serving()) {
    readiness.reason = "no configuration yet: waiting for the control plane";
  } else if (!state.live) {
    readiness.reason = "the control plane has not yet confirmed this configuration";
  }
  return readiness;
}

std::string ToJson(const Readiness& readiness) {
  const nlohmann::ordered_json json = {
      {"ready", readiness.ready},
      {"serving", readiness.serving},
      {"epoch", readiness.epoch},
      {"revision", readiness.revision},
      {"age_seconds", readiness.age_seconds},
      {"control_plane_connected", readiness.connected},
      {"reason", readiness.reason},
  };
  // A reason can quote what a peer said: bytes that are no UTF-8 are replaced, not thrown at.
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::observe
