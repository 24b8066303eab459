// Whether a file is a backup that a control plane can start from, found out without changing it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controlplane/store/secret_rows.h"

namespace sluice::store {

struct BackupContents {
  int64_t revision = 0;
  std::map<std::string, std::string> meta;
  std::vector<StoredSecret> secrets;  // of now and of the history, for whoever can open them
};

// Checks that it is a whole database of Sluice, of this release or an older one, set up to the end,
// with an audit whose chain holds. NotFound, FailedPrecondition or DataLoss say what it is instead.
absl::StatusOr<BackupContents> InspectBackup(const std::string& path);

}  // namespace sluice::store
