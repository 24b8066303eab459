// An answer that the gateway gives itself, and its one shape on the wire (docs/PASSTHROUGH.md,
// section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dataplane/http/message.h"

namespace sluice::http {

// Which side an exchange failed on.
enum class Side { kGateway, kDownstream, kUpstream };

struct GatewayError {
  int status = 500;
  std::string_view type;  // one of the kType constants below
  std::string_view code;  // e.g. "invalid_api_key"; static storage
  std::string
      message;  // one sentence for the caller; names no upstream URL, key or internal address
  Side side = Side::kGateway;
  bool close = false;                      // the connection cannot be used again
  std::optional<int> retry_after_seconds;  // sent as Retry-After
  std::string allow;                       // sent as Allow, with 405
};

inline constexpr std::string_view kTypeProvider = "provider_error";
inline constexpr std::string_view kTypeRateLimit = "rate_limit_error";
inline constexpr std::string_view kTypeInvalidRequest = "invalid_request_error";
inline constexpr std::string_view kTypeAuthentication = "authentication_error";
inline constexpr std::string_view kTypeNotFound = "not_found_error";

// Errors that the edge itself can be the source of.
GatewayError MalformedRequest(std::string_view what);  // 400, closes
GatewayError HeadersTooLarge(std::string_view what);   // 431, closes
GatewayError RequestTimeout(std::string_view what);    // 408, closes
GatewayError Overloaded();                             // 503 overloaded, closes

// {"error":{"message":...,"type":...,"param":null,"code":...}}
std::string ErrorBody(const GatewayError& error);
// Status, Content-Type, the headers the error asks for, and `request_id` as X-Sluice-Request-Id
// unless empty.
ResponseHead ErrorHead(const GatewayError& error, size_t body_size, std::string_view request_id);

// The standard reason phrase, or "" for a status that has none.
std::string_view ReasonPhrase(int status);

}  // namespace sluice::http
