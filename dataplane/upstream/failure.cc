#include "dataplane/upstream/failure.h"

#include <fmt/format.h>

namespace sluice::upstream {
namespace {

Failure Make(int status, std::string_view code, std::string message, bool nothing_sent = false) {
  http::GatewayError error;
  error.status = status;
  error.type = http::kTypeProvider;
  error.code = code;
  error.message = std::move(message);
  error.side = http::Side::kUpstream;
  return {std::move(error), nothing_sent};
}

Failure TlsError() {
  return Make(502, "upstream_tls_error", "the TLS connection to the provider could not be made",
              true);
}

}  // namespace

Failure ProtocolError(std::string_view what) {
  return Make(502, "upstream_protocol_error",
              fmt::format("the provider's answer is not valid HTTP: {}", what));
}

Failure Timeout(std::string_view phase) {
  return Make(504, "upstream_timeout", fmt::format("the provider took too long: {}", phase));
}

namespace {

Failure Translate(CURLcode code, bool sent) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Make(502, "upstream_unreachable", "the provider's host name could not be resolved",
                  true);
    case CURLE_COULDNT_CONNECT:
      return Make(502, "upstream_unreachable", "no connection to the provider could be made", true);
    case CURLE_OPERATION_TIMEDOUT: {
      Failure failure = Timeout("connecting");
      failure.nothing_sent = !sent;
      return failure;
    }
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return TlsError();
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_FUNCTION_ARGUMENT:  // of a head that begins with a folded line
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return ProtocolError("it could not be read");
    case CURLE_OUT_OF_MEMORY:
      // Also what libcurl says of a header line that is too long for it.
      if (sent) return ProtocolError("a line of its head is too long");
      return Make(502, "upstream_unreachable", "the gateway has no memory for this request", true);
    default:
      return Make(502, "upstream_reset",
                  "the connection to the provider ended before its answer was complete", !sent);
  }
}

}  // namespace

Failure FromCurl(CURLcode code, bool sent) {
  Failure failure = Translate(code, sent);
  // A reused connection may have had the request before it died and another could not be made.
  failure.nothing_sent = failure.nothing_sent && !sent;
  return failure;
}

}  // namespace sluice::upstream
