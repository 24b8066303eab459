// What a node knows of its configuration: told by the link, shown in heartbeats, metrics and
// /readyz.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::observe {

struct ConfigurationState {
  bool connected = false;  // the control plane has answered on the current stream
  bool live = false;       // what is served is what the control plane has now
  std::string epoch;       // of what is served; empty if nothing
  int64_t revision = 0;    // of what is served; 0 if nothing
  double age_seconds = 0;  // since the control plane last confirmed it; 0 while live
  bool stored = true;      // it is on disk, so a restart comes back with it
  int64_t applied = 0;     // configurations taken since the start
  int64_t refused = 0;     // configurations refused since the start
  int64_t store_failures = 0;
  int64_t connects = 0;    // streams on which the control plane answered
  std::string last_error;  // the newest failure of link, configuration or disk that still stands;
                           // empty if none

  bool serving() const { return !epoch.empty(); }
};

}  // namespace sluice::observe
