#include "dataplane/config/resume.h"

#include <memory>
#include <utility>

#include "common/base/text.h"
#include "dataplane/config/delta.h"
#include "dataplane/config/parsed_configuration.h"
#include "dataplane/config/snapshot_builder.h"
#include "spdlog/spdlog.h"

namespace sluice::config {
namespace {

absl::Status ApplyStored(const base::Secret& bytes, wire::ResourceSet& resources) {
  fleet::v1::Delta delta;
  const std::string_view text = bytes.Reveal();
  if (!delta.ParseFromArray(text.data(), static_cast<int>(text.size()))) {
    return absl::DataLossError("a change in its journal cannot be read");
  }
  AppliedDelta(delta, resources).Keep();
  for (auto& change : *delta.mutable_changes()) {
    base::Wipe(change.mutable_resource()->data(), change.resource().size());
  }
  return absl::OkStatus();
}

absl::StatusOr<HeldConfiguration> HeldOf(const StoredConfiguration& stored) {
  auto resources = wire::ResourceSet::Parse(stored.bytes.Reveal());
  if (!resources.ok()) return resources.status();
  for (const base::Secret& delta : stored.deltas) {
    if (absl::Status status = ApplyStored(delta, *resources); !status.ok()) return status;
  }
  if (resources->Hash() != stored.stamp.hash) {
    return absl::DataLossError("what it holds does not have the hash that stands beside it");
  }
  return HeldConfiguration{stored.stamp, *std::move(resources)};
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotOf(const HeldConfiguration& held,
                                                           LiveState& live_state) {
  ParsedConfiguration parsed;
  if (!parsed.Parse(held.resources.Serialize().Reveal())) {
    return absl::DataLossError("what it holds is not a configuration");
  }
  return SnapshotBuilder::Build(parsed.get(), held.stamp.epoch, held.stamp.revision,
                                held.stamp.hash, live_state);
}

}  // namespace

std::optional<HeldConfiguration> ServeLastKnownGood(LastKnownGood& last_known_good,
                                                    LiveState& live_state, SnapshotSlot& slot) {
  std::shared_ptr<const Snapshot> snapshot;
  std::optional<HeldConfiguration> held;
  const auto stored = last_known_good.Load([&](const StoredConfiguration& candidate) {
    auto read = HeldOf(candidate);
    if (!read.ok()) return read.status();
    auto built = SnapshotOf(*read, live_state);
    if (!built.ok()) return built.status();
    held = *std::move(read);
    snapshot = *std::move(built);
    return absl::OkStatus();
  });
  if (!stored.has_value()) return std::nullopt;
  spdlog::info("serving last-known-good configuration: revision {}, {} providers, {} client keys",
               snapshot->revision(), snapshot->providers().size(), snapshot->client_key_count());
  slot.Publish(std::move(snapshot));
  return held;
}

}  // namespace sluice::config
