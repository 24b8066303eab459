// What changes about a client key while it is used. Outlives snapshots: whoever builds the next one
// hands it on, so that a push resets no limit. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "dataplane/guard/budget_gate.h"
#include "dataplane/guard/in_flight_gate.h"
#include "dataplane/guard/rate_gate.h"
#include "dataplane/guard/token_gate.h"

namespace sluice::guard {

struct ClientKeyGuard {
  RateGate requests;
  TokenGate tokens;
  InFlightGate in_flight;
  BudgetGate budget;
  std::atomic<bool> in_budget_book{false};
  // Revoked together with what is under way.
  std::atomic<bool> cut{false};
  // The period of UsedKeys in which it was last noted.
  std::atomic<uint32_t> noted{0};
};

}  // namespace sluice::guard
