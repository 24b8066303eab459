#include "dataplane/proxy/key_place.h"

#include <algorithm>
#include <chrono>

#include "dataplane/policy/refusal.h"

namespace sluice::proxy {
namespace {

constexpr int kConcurrentRetrySeconds = 1;  // nobody knows when one of them ends

int WholeSeconds(std::chrono::nanoseconds time) {
  return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

}  // namespace

std::variant<KeyPlace, http::GatewayError> TakePlace(const config::ClientKeyEntry& key,
                                                     guard::RateGate::Time now) {
  const config::ClientKeyTerms* terms = key.terms.get();
  const int32_t most = terms == nullptr ? guard::InFlightGate::kNoLimit : terms->concurrent;
  if (!key.guard->in_flight.Enter(most)) {
    return policy::OverLimit("requests under way at once", kConcurrentRetrySeconds);
  }
  KeyPlace place(key.guard);
  if (terms == nullptr) return place;
  // First, since it takes nothing.
  if (terms->tokens.has_value()) {
    const std::chrono::nanoseconds wait = key.guard->tokens.Wait(*terms->tokens, now);
    if (wait.count() > 0) return policy::OverLimit("tokens", std::max(1, WholeSeconds(wait)));
  }
  if (!terms->requests.has_value()) return place;
  const std::chrono::nanoseconds wait = key.guard->requests.Pass(*terms->requests, now);
  if (wait.count() == 0) return place;
  return policy::OverLimit("requests", std::max(1, WholeSeconds(wait)));
}

}  // namespace sluice::proxy
