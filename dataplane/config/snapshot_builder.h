// Makes a Snapshot of a Configuration, or of a Snapshot and what has changed since, or says
// everything that is wrong with it.
//
// Runs the checker that the control plane ran, so what passes here can be served without a further
// look. Not on a worker: it takes time in proportion to what it is given.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/wire/config_check.h"
#include "dataplane/config/client_key_builder.h"
#include "dataplane/config/live_state.h"
#include "dataplane/config/snapshot.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

class SnapshotBuilder {
 public:
  // `hash`: 32 raw bytes, that of a wire::ResourceSet. InvalidArgument if the configuration breaks
  // a rule; each breach is also appended to `violations` unless that is null. Guards come from
  // `live_state`, which afterwards holds those of this configuration's providers (disabled ones
  // too) and, after an error, what it held before.
  static absl::StatusOr<std::shared_ptr<const Snapshot>> Build(
      const v1::Configuration& configuration, const std::string& epoch, int64_t revision,
      const std::string& hash, LiveState& live_state,
      std::vector<wire::Violation>* violations = nullptr);

  // What is different from a former snapshot.
  struct Difference {
    // Client keys that were changed or removed, as they were.
    std::vector<v1::ClientKeyEntry> former_keys;
    // Client keys that were changed or added, as they are; and: if something changed of settings,
    // providers, provider keys and token issuers, all of these; else the providers that those
    // client keys name.
    const v1::Configuration* part = nullptr;
    bool gateway_changed = false;
  };
  // As Build. Does not look for client keys that have the name of an unchanged one, or name a
  // provider that is gone.
  static absl::StatusOr<std::shared_ptr<const Snapshot>> BuildOn(
      const Snapshot& former, const Difference& difference, int64_t revision,
      const std::string& hash, LiveState& live_state, std::vector<wire::Violation>* violations);

 private:
  static absl::Status TakeGateway(const v1::Configuration& configuration, LiveState& live_state,
                                  Snapshot& snapshot, std::vector<wire::Violation>& found);
  static void TakeClientKeys(ClientKeyBuilder keys, LiveState& live_state, Snapshot& snapshot);
};

}  // namespace sluice::config
