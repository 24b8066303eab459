#include "dataplane/policy/admission.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dataplane/policy/endpoint.h"
#include "dataplane/policy/refusal.h"
#include "dataplane/policy/scope.h"
#include "dataplane/policy/target.h"

namespace sluice::policy {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",    "POST", "PUT",    "PATCH",
                                                      "DELETE", "HEAD", "OPTIONS"};

std::string PathAndQuery(const config::ProviderEntry& provider, std::string_view endpoint,
                         const Target& target) {
  std::string joined = UpstreamPath(provider, endpoint);
  if (!target.has_query) return joined;
  std::string query = StripCredentialFromQuery(target.query, provider.key_query_parameter);
  // A bare ? was sent as such; one whose parameters all went, goes with them.
  if (query.empty() && !target.query.empty()) return joined;
  joined.push_back('?');
  joined.append(query);
  return joined;
}

// From the path on, for a caller who may use `provider`.
Decision<Route> RouteTo(const config::Snapshot& snapshot, const config::ProviderEntry& provider,
                        const Caller& caller, std::string_view method, const Target& target) {
  if (!IsQuery(target.query))
    return InvalidPath("a control character, a space or a # in its query");
  Decision<std::string> endpoint =
      NormaliseEndpoint(target.endpoint, provider, snapshot.v1_alias_allowed());
  if (const http::GatewayError* refused = Refused(endpoint)) return *refused;

  Route route{&provider, caller, std::get<std::string>(std::move(endpoint)), "", nullptr};
  if (IsDenied(provider, route.endpoint)) return EndpointDenied();
  if (!MayUseMethod(*caller, method)) return MethodNotPermitted(method);
  if (!MayUseEndpoint(*caller, route.endpoint)) return EndpointNotPermitted();
  route.path_and_query = PathAndQuery(provider, route.endpoint, target);
  route.auth = AuthFor(provider, route.endpoint);
  return route;
}

}  // namespace

Decision<Route> Admit(const config::Snapshot& snapshot, const http::RequestHead& request,
                      absl::Time now, Known* known) {
  Decision<Target> split = SplitTarget(request.target);
  if (const http::GatewayError* refused = Refused(split)) return *refused;
  const Target& target = std::get<Target>(split);

  if (!snapshot.passthrough_enabled()) return PassthroughDisabled();
  if (std::find(kMethods.begin(), kMethods.end(), request.method) == kMethods.end()) {
    return MethodNotAllowed();
  }

  auto authenticated = Authenticate(snapshot, request, target.query, now);
  if (const http::GatewayError* refused = Refused(authenticated)) return *refused;
  const Caller& caller = std::get<Caller>(authenticated);
  if (known != nullptr) known->client_key = caller;

  const config::ProviderEntry* provider = snapshot.FindProvider(target.provider);
  if (provider == nullptr || !caller->MayUse(target.provider)) {
    return ProviderNotEnabled(target.provider, snapshot, *caller);
  }
  if (known != nullptr) known->provider = provider;

  return RouteTo(snapshot, *provider, caller, request.method, target);
}

std::optional<http::GatewayError> CheckLength(const Route& route, const http::Framing& body) {
  const uint64_t most = route.provider->max_body_bytes;
  const bool over = body.kind == http::Framing::Kind::kContentLength && body.length > most;
  if (!over) return std::nullopt;
  return RequestTooLarge(most);
}

}  // namespace sluice::policy
