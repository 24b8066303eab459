// Where the master keys come from: a file, a credential of systemd, or the environment.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controlplane/first_start.h"
#include "controlplane/sealing/master_keys.h"

namespace sluice::controlplane {

// Finds out which of them it is, once, before there are threads:
//   --master-key-file, or its twin SLUICE_MASTER_KEY_FILE  (`file_given`: already in `paths`)
//   SLUICE_MASTER_KEY           the keys themselves; taken out of this process's environment
//   $CREDENTIALS_DIRECTORY/master.key, where there is one
//   the file that `paths` names by default
// FailedPrecondition if the first two are both there.
absl::Status FindMasterKeys(bool file_given, StorePaths* paths);

// NotFound if there is no such file. InvalidArgument if it holds something else.
absl::StatusOr<sealing::MasterKeys> ReadMasterKeys(const StorePaths& paths);

// For a sentence: the path, or the variable.
std::string MasterKeyPlace(const StorePaths& paths);

}  // namespace sluice::controlplane
