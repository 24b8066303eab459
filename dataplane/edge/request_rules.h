// The rules for a request head that a lenient parser would let pass (docs/PASSTHROUGH.md, section
// 7). Pure.
#pragma once

#include <string_view>

#include "dataplane/http/message.h"

namespace sluice::edge {

// What is wrong with the head, as part of a sentence in static storage; empty if nothing is. Fills
// in `framing` and `expects_continue` from the header fields.
std::string_view ApplyRequestRules(http::RequestHead& head);

// Whether the connection may be used again after this request, as far as the client is concerned.
bool WantsKeepAlive(const http::RequestHead& head);

}  // namespace sluice::edge
