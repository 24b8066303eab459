// Makes a Snapshot of a Configuration, or says everything that is wrong with it.
//
// Runs the checker that the control plane ran, so what passes here can be served without a further
// look. Not on a worker: it takes time in proportion to the configuration.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/wire/config_check.h"
#include "dataplane/config/live_state.h"
#include "dataplane/config/snapshot.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

class SnapshotBuilder {
 public:
  // `hash`: 32 raw bytes, as wire::HashOf gives them. InvalidArgument if the configuration breaks a
  // rule; each breach is also appended to `violations` unless that is null. Guards come from
  // `live_state`, which afterwards holds those of this configuration's providers (disabled ones
  // too) and, after an error, what it held before.
  static absl::StatusOr<std::shared_ptr<const Snapshot>> Build(
      const v1::Configuration& configuration, const std::string& epoch, int64_t revision,
      const std::string& hash, LiveState& live_state,
      std::vector<wire::Violation>* violations = nullptr);

 private:
  static void TakeProviders(std::vector<std::unique_ptr<ProviderEntry>> entries,
                            Snapshot& snapshot);
  static void AddClientKeys(const v1::Configuration& configuration, Snapshot& snapshot);
};

}  // namespace sluice::config
