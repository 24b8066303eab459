// A declaration as people write it, read and checked as far as that goes without the control plane,
// its references to secrets followed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "controlplane/cli/terminal.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::cli {

struct DeclarationFile {
  // Holds secrets: wipe it when it was sent.
  admin::v1::ApplyConfigurationRequest request;
  // Which parts the file has.
  bool has_providers = false;
  bool has_provider_keys = false;
  bool has_client_keys = false;
  bool has_jwt_issuers = false;
  // References that lead nowhere, e.g. "openai/main (SLUICE_OPENAI_MAIN is not set)": an existing
  // key or token issuer keeps its secret then.
  std::vector<std::string> unresolved;
};

// `path`: "-" is standard input. A from_file that is no absolute path starts at the file's folder.
// FailedPrecondition names file, line and field.
absl::StatusOr<DeclarationFile> ReadDeclaration(const std::string& path, const Terminal& terminal);

// The same of what was read already, as `file`, whose relative paths start at `folder` ("" or with
// a slash at its end).
absl::StatusOr<DeclarationFile> ParseDeclaration(std::string_view text, const std::string& file,
                                                 const std::string& folder,
                                                 const Terminal& terminal);

void WipeSecrets(admin::v1::ApplyConfigurationRequest* request);

}  // namespace sluice::cli
