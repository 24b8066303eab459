// What the answer of one exchange used: read while it goes by, counted and charged to the client
// key once, when the exchange ends, however it ends. Tries whose answers went nowhere are not seen
// here. One worker; owned by its exchange.
//
// Metered are answers to POST with a status of 2xx: what a GET brings was used before.
#pragma once

#include <optional>
#include <string_view>

#include "dataplane/http/message.h"
#include "dataplane/meter/usage.h"
#include "dataplane/meter/usage_tap.h"
#include "dataplane/observe/usage_counts.h"
#include "dataplane/policy/admission.h"

namespace sluice::proxy {

// As the metrics and the accounts name it.
observe::UsageQuality QualityOf(meter::Quality quality);

bool IsMetered(std::string_view method, int status);

class Metering {
 public:
  // The head as the provider sent it. `budget` outlives this.
  void Begin(const policy::Route& route, std::string_view method, const http::ResponseHead& head,
             meter::DecodingBudget& budget);
  void Take(std::string_view bytes) {
    if (tap_.has_value()) tap_->Feed(bytes);
  }
  // `whole`: the answer went to the client to its end. Nothing if the answer is not metered, or the
  // call is the second.
  meter::Usage End(const policy::Route& route, bool whole, observe::UsageCounts& counts);

 private:
  bool metered_ = false;
  std::optional<meter::UsageTap> tap_;  // of what can be read
};

}  // namespace sluice::proxy
