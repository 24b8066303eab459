#include "dataplane/policy/refusal.h"

#include <string>
#include <utility>

#include "common/base/text.h"

namespace sluice::policy {
namespace {

// The longest provider name there can be is 63 bytes.
constexpr size_t kQuotedBytes = 64;

http::GatewayError Refusal(int status, std::string_view type, std::string_view code,
                           std::string message) {
  http::GatewayError error;
  error.status = status;
  error.type = type;
  error.code = code;
  error.message = std::move(message);
  error.side = http::Side::kDownstream;
  return error;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text.substr(0, kQuotedBytes)) {
    bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    quoted.push_back(plain ? c : '?');
  }
  quoted.append(text.size() > kQuotedBytes ? "...\"" : "\"");
  return quoted;
}

}  // namespace

http::GatewayError UnknownRoute() {
  return Refusal(404, http::kTypeNotFound, "unknown_route",
                 "unknown route; requests to a provider go to /p/{provider}/{endpoint}");
}

http::GatewayError PassthroughDisabled() {
  return Refusal(404, http::kTypeNotFound, "passthrough_disabled",
                 "provider passthrough is disabled on this gateway");
}

http::GatewayError MethodNotAllowed() {
  http::GatewayError error =
      Refusal(405, http::kTypeInvalidRequest, "method_not_allowed",
              "method not allowed; use GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS");
  error.allow = "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS";
  return error;
}

http::GatewayError MissingApiKey() {
  return Refusal(401, http::kTypeAuthentication, "missing_api_key",
                 "no API key; send one as \"Authorization: Bearer ...\", x-api-key, api-key, "
                 "x-goog-api-key or the query parameter \"key\"");
}

http::GatewayError InvalidApiKey() {
  return Refusal(401, http::kTypeAuthentication, "invalid_api_key", "the API key is not valid");
}

http::GatewayError ProviderNotEnabled(std::string_view provider, const config::Snapshot& snapshot,
                                      const config::ClientKeyEntry& client_key) {
  std::string message = base::Cat("provider passthrough for ", Quoted(provider),
                                  " is not enabled; currently enabled providers: ");
  bool any = false;
  for (const auto& entry : snapshot.providers()) {
    if (!client_key.MayUse(entry->name)) continue;
    if (any) message.append(", ");
    message.append(entry->name);
    any = true;
  }
  if (!any) message.append("none");
  return Refusal(400, http::kTypeInvalidRequest, "provider_not_enabled", std::move(message));
}

http::GatewayError EndpointRequired() {
  return Refusal(400, http::kTypeInvalidRequest, "endpoint_required",
                 "an endpoint is required after the provider: /p/{provider}/{endpoint}");
}

http::GatewayError V1AliasDisabled() {
  return Refusal(400, http::kTypeInvalidRequest, "v1_alias_disabled",
                 "endpoints that begin with v1/ are disabled on this gateway; leave the v1/ out");
}

http::GatewayError InvalidPath(std::string_view what) {
  return Refusal(400, http::kTypeInvalidRequest, "invalid_path",
                 base::Cat("the request target has ", what));
}

http::GatewayError EndpointDenied() {
  return Refusal(403, http::kTypeAuthentication, "permission_denied",
                 "this endpoint of the provider is not open to client keys");
}

http::GatewayError MethodNotPermitted(std::string_view method) {
  return Refusal(403, http::kTypeAuthentication, "permission_denied",
                 base::Cat("this key may not use ", method));
}

http::GatewayError EndpointNotPermitted() {
  return Refusal(403, http::kTypeAuthentication, "permission_denied",
                 "this key may not use this endpoint");
}

http::GatewayError ModelUnreadable(std::string_view why) {
  return Refusal(403, http::kTypeAuthentication, "permission_denied",
                 base::Cat("this key may only use certain models, and the model of the request "
                           "cannot be read: ",
                           why));
}

http::GatewayError ModelNotPermitted(std::string_view model) {
  return Refusal(403, http::kTypeAuthentication, "permission_denied",
                 base::Cat("this key may not use the model ", Quoted(model)));
}

http::GatewayError OverLimit(std::string_view limit, int retry_after_seconds) {
  http::GatewayError error = Refusal(429, http::kTypeRateLimit, "rate_limit_exceeded",
                                     base::Cat("this key is over its limit of ", limit));
  error.retry_after_seconds = retry_after_seconds;
  return error;
}

http::GatewayError BudgetExceeded(int retry_after_seconds) {
  http::GatewayError error =
      Refusal(429, http::kTypeRateLimit, "budget_exceeded", "this key has used up its budget");
  error.retry_after_seconds = retry_after_seconds;
  return error;
}

http::GatewayError BudgetUnknown(int retry_after_seconds) {
  http::GatewayError error =
      Refusal(429, http::kTypeRateLimit, "budget_exceeded",
              "whether this key's budget has anything left cannot be asked now; try again");
  error.retry_after_seconds = retry_after_seconds;
  return error;
}

http::GatewayError RequestTooLarge(uint64_t max_body_bytes) {
  return Refusal(413, http::kTypeInvalidRequest, "request_too_large",
                 base::Cat("the request body is over the limit of ", std::to_string(max_body_bytes),
                           " bytes"));
}

}  // namespace sluice::policy
