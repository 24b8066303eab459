// What a rule decides about a request: a value to go on with, or the answer the client gets
// instead.
//
// Everything in this folder is pure: no sockets, no threads, the time passed in. Any thread may
// call it; views and pointers that come back are valid as long as the request head and the Snapshot
// they were taken from.
#pragma once

#include <variant>

#include "dataplane/http/gateway_error.h"

namespace sluice::policy {

template <class T>
using Decision = std::variant<T, http::GatewayError>;

// Null if the decision is to go on.
template <class T>
const http::GatewayError* Refused(const Decision<T>& decision) {
  return std::get_if<http::GatewayError>(&decision);
}

}  // namespace sluice::policy
