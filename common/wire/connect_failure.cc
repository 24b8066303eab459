#include "common/wire/connect_failure.h"

namespace sluice::wire {
namespace {

bool Has(std::string_view text, std::string_view piece) {
  return text.find(piece) != std::string_view::npos;
}

// "Connection refused" of "failed to connect to all addresses; last error: ...: Connection
// refused".
std::string_view LastWord(std::string_view message) {
  const size_t colon = message.rfind(": ");
  return colon == std::string_view::npos ? message : message.substr(colon + 2);
}

}  // namespace

std::optional<std::string> TlsFailure(std::string_view message, bool tls) {
  if (tls && Has(message, "wrong version number")) {
    return "what listens there does not speak TLS";
  }
  if (tls && Has(message, "certificate verify failed")) {
    return "its certificate is not from the authority that was given, or has expired";
  }
  if (tls &&
      (Has(message, "is not in peer certificate") || Has(message, "Hostname Verification"))) {
    return "its certificate is for other names than this address";
  }
  // A TLS listener hangs up on what is no handshake.
  const bool connecting = Has(message, "failed to connect") || Has(message, "all backends failing");
  if (!tls && connecting && (Has(message, "Socket closed") || Has(message, "Connection reset"))) {
    return "it closed the connection; if it listens with TLS, its CA file must be given";
  }
  return std::nullopt;
}

std::string ConnectFailure(std::string_view message, bool tls) {
  return TlsFailure(message, tls).value_or(std::string(LastWord(message)));
}

}  // namespace sluice::wire
