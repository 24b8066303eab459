// Applies an operator's header policy (docs/PASSTHROUGH.md, 3.5).
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/http/header_list.h"

namespace sluice::policy {

// Remove, then set, then add. The configuration was checked, but a name for which `is_protected`
// answers yes is passed over all the same: no policy may touch a credential or a connection.
void ApplyEdits(const config::HeaderEdits& edits,
                absl::FunctionRef<bool(std::string_view)> is_protected, http::HeaderList* headers);

}  // namespace sluice::policy
