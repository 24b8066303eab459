// May this request go to a provider, to which, and with which key? Policy decides from the
// snapshot; what can also say no, because of the moment, is asked here: draining, no configuration
// yet, no usable provider key.
#pragma once

#include <optional>
#include <variant>

#include "dataplane/config/snapshot.h"
#include "dataplane/http/gateway_error.h"
#include "dataplane/http/message.h"
#include "dataplane/policy/admission.h"
#include "dataplane/proxy/proxy_handler.h"

namespace sluice::proxy {

struct Admission {
  policy::Route route;
  const config::ProviderKeyEntry* provider_key = nullptr;  // null: the provider takes none
};

// `snapshot` may be null. Pointers in the result are into it.
std::variant<Admission, http::GatewayError> AdmitNow(const Shared& shared,
                                                     const config::Snapshot* snapshot,
                                                     const http::RequestHead& head);

}  // namespace sluice::proxy
