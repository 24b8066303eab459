// Which headers an operator may name where. Internal to config_check.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "common/wire/violation_list.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

// The header names, in lower case, that carry a credential of one provider.
using CredentialHeaders = std::set<std::string>;

// Those that carry one everywhere, and those that `auth` sets.
CredentialHeaders CredentialHeadersOf(
    const google::protobuf::RepeatedPtrField<config::v1::AuthRule>& auth);

// Hop-by-hop, of the framing, or Sluice's own: set by the gateway alone.
bool IsGatewayHeader(std::string_view name);

// `field` names where it stands, e.g. "request_headers.set".
void CheckEditableHeader(std::string_view field, const std::string& name,
                         const CredentialHeaders& credentials, ViolationList* list);
void CheckHeaderField(std::string_view field, const config::v1::HeaderField& header,
                      const CredentialHeaders& credentials, ViolationList* list);
// `field` is "request_headers" or "response_headers".
void CheckHeaderPolicy(const std::string& field, const config::v1::HeaderPolicy& policy,
                       const CredentialHeaders& credentials, ViolationList* list);

}  // namespace sluice::wire
