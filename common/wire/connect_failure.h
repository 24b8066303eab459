// Why a connection did not come about, in words: the library's own are those of its layers. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::wire {

// `message` is of a call that ended with UNAVAILABLE, `tls` says how the client tried.

// Where the two sides do not agree about TLS or a certificate: a sentence about the server.
std::optional<std::string> TlsFailure(std::string_view message, bool tls);
// That, or the library's last word, e.g. "Connection refused".
std::string ConnectFailure(std::string_view message, bool tls);

}  // namespace sluice::wire
