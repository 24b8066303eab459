// The header fields of the answer as the client gets it (docs/PASSTHROUGH.md, 3.5, 4.2, 4.3).
#pragma once

#include <string_view>

#include "dataplane/http/message.h"
#include "dataplane/policy/admission.h"
#include "dataplane/policy/location.h"

namespace sluice::policy {

// Edits `head` in place.
// The place of the framing header (`head->framing_at`) moves with the fields around it.
void EditDownstreamHeaders(const Route& route, const GatewayOrigin& gateway,
                           std::string_view request_id, http::ResponseHead* head);

}  // namespace sluice::policy
