#include "dataplane/proxy/upstream_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "dataplane/guard/spread.h"

namespace sluice::proxy {
namespace {

http::GatewayError Refusal(int status, std::string_view type, std::string_view code,
                           std::string message) {
  http::GatewayError error;
  error.status = status;
  error.type = type;
  error.code = code;
  error.message = std::move(message);
  return error;
}

// Whole seconds, rounded up: who comes back then is not too early.
int SecondsUp(absl::Duration time) {
  return static_cast<int>(
      std::max<int64_t>(1, absl::ToInt64Seconds(absl::Ceil(time, absl::Seconds(1)))));
}

http::GatewayError NoProviderKey(const config::ProviderEntry& provider) {
  return Refusal(502, http::kTypeProvider, "provider_key_missing",
                 fmt::format("the gateway has no usable key for provider \"{}\"; its operator can "
                             "see why with sluicectl provider-key list",
                             provider.name));
}

http::GatewayError KeysCooling(const config::ProviderEntry& provider, absl::Duration shortest) {
  http::GatewayError error =
      Refusal(429, http::kTypeRateLimit, "provider_keys_cooling",
              fmt::format("provider \"{}\" has limited all keys that the gateway has for it; try "
                          "again later",
                          provider.name));
  error.retry_after_seconds = SecondsUp(shortest);
  return error;
}

http::GatewayError BreakerOpen(const config::ProviderEntry& provider, event::MonoTime mono) {
  http::GatewayError error = Refusal(
      503, http::kTypeProvider, "upstream_unavailable",
      fmt::format("provider \"{}\" has failed too often just now; try again later", provider.name));
  error.retry_after_seconds =
      SecondsUp(absl::FromChrono(provider.guards->breaker.RetryAfter(mono)));
  return error;
}

}  // namespace

std::variant<guard::InFlightHold, http::GatewayError> EnterProvider(
    const config::ProviderEntry& provider) {
  guard::InFlightGate& gate = provider.guards->in_flight;
  if (gate.Enter(provider.max_concurrent)) return guard::InFlightHold(&gate);
  http::GatewayError error =
      Refusal(429, http::kTypeRateLimit, "rate_limit_exceeded",
              fmt::format("the gateway has as many requests to provider \"{}\" under way as it may "
                          "have; try again",
                          provider.name));
  error.retry_after_seconds = 1;
  return error;
}

bool TakesKey(const policy::Route& route) {
  return route.auth != nullptr && !route.auth->header.empty();
}

guard::ProviderKeyPool::Wish WishFor(const policy::Route& route, absl::Time now) {
  guard::ProviderKeyPool::Wish wish;
  wish.strategy = route.provider->key_strategy;
  if (wish.strategy == guard::KeyStrategy::kSticky) {
    wish.client = guard::SpreadHash(route.client_key->id);
  }
  wish.now = now;
  return wish;
}

std::variant<UpstreamPlace, http::GatewayError> TakeUpstreamPlace(const policy::Route& route,
                                                                  absl::Time now,
                                                                  event::MonoTime mono) {
  const config::ProviderEntry& provider = *route.provider;
  UpstreamPlace place;
  if (TakesKey(route) && !provider.pooled.empty()) {
    auto lent = provider.guards->pool.Lend(provider.pooled, WishFor(route, now));
    if (const auto* none = std::get_if<guard::NoKey>(&lent)) {
      if (none->cools_for) return KeysCooling(provider, *none->cools_for);
      return NoProviderKey(provider);
    }
    place.key = std::move(std::get<guard::KeyLease>(lent));
  } else if (TakesKey(route) && provider.key_required) {
    return NoProviderKey(provider);
  }
  const auto pass = provider.guards->breaker.Enter(provider.breaker, mono);
  if (!pass) return BreakerOpen(provider, mono);
  place.pass = guard::BreakerPass(&provider.guards->breaker, &provider.breaker, *pass);
  return place;
}

}  // namespace sluice::proxy
