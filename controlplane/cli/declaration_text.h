// The whole configuration as one document that `apply` reads: no secret in it, but a reference
// where each provider key could be found. The same configuration gives the same text. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "controlplane/cli/session.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::cli {

// YAML, unless `format` is JSON.
absl::StatusOr<std::string> DeclarationText(
    const admin::v1::ExportConfigurationResponse& configuration, OutputFormat format);

}  // namespace sluice::cli
