#include "dataplane/proxy/admission.h"

#include <fmt/format.h>

#include <chrono>

namespace sluice::proxy {
namespace {

http::GatewayError Unavailable(std::string_view code, std::string message,
                               int retry_after_seconds) {
  http::GatewayError error;
  error.status = 503;
  error.type = http::kTypeProvider;
  error.code = code;
  error.message = std::move(message);
  error.retry_after_seconds = retry_after_seconds;
  return error;
}

}  // namespace

std::variant<Admission, http::GatewayError> AdmitNow(const Shared& shared,
                                                     const config::Snapshot* snapshot,
                                                     const http::RequestHead& head,
                                                     policy::Known& known) {
  if (shared.draining.load(std::memory_order_relaxed)) {
    http::GatewayError error =
        Unavailable("draining", "this gateway instance is shutting down; try again", 1);
    error.close = true;
    return error;
  }
  if (snapshot == nullptr) {
    return Unavailable("not_ready", "this gateway instance has no configuration yet; try again", 1);
  }
  const absl::Time now = shared.clock.Now();
  policy::Decision<policy::Route> decision = policy::Admit(*snapshot, head, now, &known);
  if (auto* refused = std::get_if<http::GatewayError>(&decision)) return std::move(*refused);

  Admission admission{std::move(std::get<policy::Route>(decision)), {}, {}, {}};
  const config::ClientKeyEntry& client_key = *admission.route.client_key;
  // Subjects of tokens are nobody's rows.
  if (!client_key.is_token) shared.used_keys.Note(*client_key.guard, client_key.id, now);
  const auto mono = std::chrono::steady_clock::now();
  auto place = TakePlace(client_key, shared.budgets, {now, mono});
  if (auto* refused = std::get_if<http::GatewayError>(&place)) return std::move(*refused);
  admission.key_place = std::get<KeyPlace>(std::move(place));
  auto entered = EnterProvider(*admission.route.provider);
  if (auto* refused = std::get_if<http::GatewayError>(&entered)) return std::move(*refused);
  admission.provider_place = std::get<guard::InFlightHold>(std::move(entered));
  if (auto too_long = policy::CheckLength(admission.route, head.framing)) {
    return *std::move(too_long);
  }
  auto upstream = TakeUpstreamPlace(admission.route, now, mono);
  if (auto* refused = std::get_if<http::GatewayError>(&upstream)) return std::move(*refused);
  admission.upstream_place = std::get<UpstreamPlace>(std::move(upstream));
  return admission;
}

}  // namespace sluice::proxy
