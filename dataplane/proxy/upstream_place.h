// What a request needs of its provider's guards before it may go there: a place below the cap, the
// breaker's pass, and a key.
#pragma once

#include <optional>
#include <variant>

#include "absl/time/time.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/event/timer.h"
#include "dataplane/guard/provider_guards.h"
#include "dataplane/http/gateway_error.h"
#include "dataplane/policy/admission.h"

namespace sluice::proxy {

// Each gives back what it holds when it ends. Points into the route's snapshot.
struct UpstreamPlace {
  guard::BreakerPass pass;
  guard::KeyLease key;  // false: the provider takes none
};

// Below Provider.max_concurrent, or 429.
std::variant<guard::InFlightHold, http::GatewayError> EnterProvider(
    const config::ProviderEntry& provider);

// 503 while the breaker is open; 429 while all keys cool; 502 if none can be used otherwise.
std::variant<UpstreamPlace, http::GatewayError> TakeUpstreamPlace(const policy::Route& route,
                                                                  absl::Time now,
                                                                  event::MonoTime mono);

// The provider wants a key for this route.
bool TakesKey(const policy::Route& route);
// How a key is to be chosen for `route`.
guard::ProviderKeyPool::Wish WishFor(const policy::Route& route, absl::Time now);

}  // namespace sluice::proxy
