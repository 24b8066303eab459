#include "dataplane/http/gateway_error.h"

#include <fmt/format.h>

#include "dataplane/http/json_text.h"

namespace sluice::http {
namespace {

GatewayError ClosingError(int status, std::string_view type, std::string_view code,
                          std::string message, Side side) {
  GatewayError error;
  error.status = status;
  error.type = type;
  error.code = code;
  error.message = std::move(message);
  error.side = side;
  error.close = true;
  return error;
}

}  // namespace

GatewayError MalformedRequest(std::string_view what) {
  return ClosingError(400, kTypeInvalidRequest, "malformed_request",
                      fmt::format("malformed HTTP request: {}", what), Side::kDownstream);
}

GatewayError HeadersTooLarge(std::string_view what) {
  return ClosingError(431, kTypeInvalidRequest, "headers_too_large", std::string(what),
                      Side::kDownstream);
}

GatewayError RequestTimeout(std::string_view what) {
  return ClosingError(408, kTypeInvalidRequest, "request_timeout", std::string(what),
                      Side::kDownstream);
}

GatewayError Overloaded() {
  GatewayError error =
      ClosingError(503, kTypeProvider, "overloaded",
                   "the gateway has as many connections as it can carry", Side::kGateway);
  error.retry_after_seconds = 1;
  return error;
}

std::string ErrorBody(const GatewayError& error) {
  std::string body = "{\"error\":{\"message\":\"";
  AppendJsonText(error.message, body);
  body += fmt::format(R"(","type":"{}","param":null,"code":"{}"}}}})", error.type, error.code);
  return body;
}

ResponseHead ErrorHead(const GatewayError& error, size_t body_size, std::string_view request_id) {
  ResponseHead head;
  head.status = error.status;
  head.reason = ReasonPhrase(error.status);
  head.headers.Add("Content-Type", "application/json");
  if (error.retry_after_seconds.has_value()) {
    head.headers.Add("Retry-After", fmt::to_string(*error.retry_after_seconds));
  }
  if (!error.allow.empty()) head.headers.Add("Allow", error.allow);
  if (!request_id.empty()) head.headers.Add("X-Sluice-Request-Id", request_id);
  head.framing = Framing::Length(body_size);
  return head;
}

}  // namespace sluice::http
