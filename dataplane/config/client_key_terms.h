// What a client key, or the bearer of a token, may do beyond naming its providers, and how often.
// Immutable once built.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/guard/budget_gate.h"
#include "dataplane/guard/client_key_guard.h"
#include "dataplane/guard/in_flight_gate.h"
#include "dataplane/guard/rate_gate.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

struct ClientKeyTerms {
  std::vector<std::string> methods;    // empty: all
  std::vector<std::string> endpoints;  // globs; empty: all
  std::vector<std::string> models;     // globs; empty: all, and nobody looks
  // What the claims of a token narrow that to: globs of which one has to match as well.
  std::optional<std::vector<std::string>> claimed_endpoints;
  std::optional<std::vector<std::string>> claimed_models;
  std::optional<guard::RateTerms> requests;
  std::optional<guard::RateTerms> tokens;
  std::optional<guard::BudgetTerms> budget;
  int32_t concurrent = guard::InFlightGate::kNoLimit;
};

// Checked limits, as the guards take them.
void SetLimits(const v1::ClientKeyLimits& limits, ClientKeyTerms* terms);
void SetBudget(const v1::Budget& budget, ClientKeyTerms* terms);

// `guard` is used with `terms` from here on, and was with `former`: what stricter limits have left
// keeps nobody waiting longer than new ones would. Either may be null: no limits.
void AdoptLimits(const ClientKeyTerms* former, const ClientKeyTerms* terms,
                 guard::ClientKeyGuard& guard);

}  // namespace sluice::config
