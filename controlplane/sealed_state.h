// Whether the master keys that are there open what a database or a backup holds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "controlplane/first_start.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/secret_rows.h"

namespace sluice::controlplane {

struct SealedState {
  std::string title;  // "database x" or "backup x"
  std::string check_value;
  std::string master_key_id;              // that made it; empty in an older database
  std::map<std::string, int64_t> counts;  // of all secrets, as SecretRows::Count gives them
  std::vector<store::StoredSecret> secrets;
};

// FailedPrecondition names the master key that is missing; DataLoss the resource whose secret
// was changed, moved or put back.
absl::Status CheckSealed(const SealedState& state, const sealing::Sealer& sealer,
                         const StorePaths& paths);

}  // namespace sluice::controlplane
