#include "dataplane/proxy/admission.h"

#include <fmt/format.h>

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

http::GatewayError NoProviderKey(const config::ProviderEntry& provider) {
  http::GatewayError error;
  error.status = 502;
  error.type = http::kTypeProvider;
  error.code = "provider_key_missing";
  error.message = fmt::format(
      "the gateway has no usable key for provider \"{}\"; its operator can add one", provider.name);
  return error;
}

}  // namespace

std::variant<Admission, http::GatewayError> AdmitNow(const Shared& shared,
                                                     const config::Snapshot* snapshot,
                                                     const http::RequestHead& head) {
  if (shared.draining.load(std::memory_order_relaxed)) {
    http::GatewayError error =
        Unavailable("draining", "this gateway instance is shutting down; try again", 1);
    error.close = true;
    return error;
  }
  if (snapshot == nullptr) {
    return Unavailable("not_ready", "this gateway instance has no configuration yet; try again", 1);
  }
  policy::Decision<policy::Route> decision = policy::Admit(*snapshot, head, shared.clock.Now());
  if (auto* refused = std::get_if<http::GatewayError>(&decision)) return std::move(*refused);

  Admission admission{std::move(std::get<policy::Route>(decision))};
  const config::ProviderEntry& provider = *admission.route.provider;
  bool takes_key = admission.route.auth != nullptr && !admission.route.auth->header.empty();
  if (takes_key && !provider.keys.empty()) {
    admission.provider_key = &provider.keys[provider.pool->Lend(provider.keys.size())];
  } else if (takes_key && provider.key_required) {
    return NoProviderKey(provider);
  }
  return admission;
}

}  // namespace sluice::proxy
