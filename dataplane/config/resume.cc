#include "dataplane/config/resume.h"

#include <memory>

#include "dataplane/config/snapshot_builder.h"
#include "sluice/config/v1/config.pb.h"
#include "spdlog/spdlog.h"

namespace sluice::config {

bool ServeLastKnownGood(LastKnownGood& last_known_good, LiveState& live_state, SnapshotSlot& slot) {
  std::shared_ptr<const Snapshot> snapshot;
  const auto stored = last_known_good.Load([&](const StoredConfiguration& candidate) {
    v1::Configuration configuration;
    const std::string_view bytes = candidate.bytes.Reveal();
    if (!configuration.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("what it holds is not a configuration");
    }
    auto built = SnapshotBuilder::Build(configuration, candidate.epoch, candidate.revision,
                                        candidate.hash, live_state);
    if (!built.ok()) return built.status();
    snapshot = *std::move(built);
    return absl::OkStatus();
  });
  if (!stored.has_value()) return false;
  spdlog::info("serving last-known-good configuration: revision {}, {} providers, {} client keys",
               snapshot->revision(), snapshot->providers().size(), snapshot->client_key_count());
  slot.Publish(std::move(snapshot));
  return true;
}

}  // namespace sluice::config
