// May this request go to a provider, to which, and with which key? Policy decides from the
// snapshot; what can also say no, because of the moment, is asked here: draining, no configuration
// yet, the limits of the client key, the provider's cap, its breaker, no usable provider key.
#pragma once

#include <optional>
#include <variant>

#include "dataplane/config/snapshot.h"
#include "dataplane/http/gateway_error.h"
#include "dataplane/http/message.h"
#include "dataplane/policy/admission.h"
#include "dataplane/proxy/key_place.h"
#include "dataplane/proxy/proxy_handler.h"
#include "dataplane/proxy/upstream_place.h"

namespace sluice::proxy {

struct Admission {
  policy::Route route;
  KeyPlace key_place;
  guard::InFlightHold provider_place;
  UpstreamPlace upstream_place;
};

// `snapshot` may be null. Pointers in the result and in `known`, which is filled in as far as it
// goes, are into it.
std::variant<Admission, http::GatewayError> AdmitNow(const Shared& shared,
                                                     const config::Snapshot* snapshot,
                                                     const http::RequestHead& head,
                                                     policy::Known& known);

}  // namespace sluice::proxy
