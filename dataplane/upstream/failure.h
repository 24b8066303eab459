// Why an upstream transfer failed, in the words of the gateway's error table.
#pragma once

#include <curl/curl.h>

#include "dataplane/http/gateway_error.h"

namespace sluice::upstream {

struct Failure {
  http::GatewayError error;  // side is kUpstream
  // No byte of the request can have reached the provider's application: another try duplicates
  // nothing.
  bool nothing_sent = false;
};

// `sent`: bytes of the request had been handed to a connection.
Failure FromCurl(CURLcode code, bool sent);

// The answer broke a rule of HTTP; `what` says which, without quoting the provider.
Failure ProtocolError(std::string_view what);
// The provider took too long; `phase` is e.g. "the first byte of the answer".
Failure Timeout(std::string_view phase);

}  // namespace sluice::upstream
