// The checker applied to the part of the configuration that a write can affect: the resource itself
// and what it refers to. Its cost does not depend on how many others there are.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/base/secret.h"
#include "controlplane/store/resource_rows.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::ops {

// InvalidArgument lists every violation.
absl::Status CheckProviderKeyWrite(const store::ResourceRows& rows,
                                   const config::v1::ProviderKey& key, const base::Secret& secret);
absl::Status CheckClientKeyWrite(const store::ResourceRows& rows, const config::v1::ClientKey& key);
// `secret`: empty for none.
absl::Status CheckJwtIssuerWrite(const store::ResourceRows& rows,
                                 const config::v1::JwtIssuer& issuer, const base::Secret& secret);

// NotFound: there is no <kind> "<name>".
absl::Status NoSuch(store::ResourceKind kind, std::string_view name);

}  // namespace sluice::ops
