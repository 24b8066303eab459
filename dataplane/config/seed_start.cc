#include "dataplane/config/seed_start.h"

#include <string_view>
#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "common/wire/resource_set.h"
#include "common/wire/seed.h"
#include "dataplane/config/parsed_configuration.h"
#include "dataplane/config/resume.h"
#include "spdlog/spdlog.h"

namespace sluice::config {
namespace {

constexpr size_t kMaxFileBytes = size_t{257} << 20;  // the largest configuration, and the seal

absl::Status Unusable(const std::string& path, std::string_view why) {
  return absl::FailedPreconditionError(base::Cat("the seed ", path, " cannot be used: ", why));
}

absl::StatusOr<wire::Seed> ReadSeed(const SeedFiles& files) {
  const auto key = wire::ReadSeedKey(files.key);
  if (!key.ok()) return key.status();
  const auto file = base::ReadFile(files.seed, kMaxFileBytes);
  if (!file.ok()) return file.status();
  auto seed = wire::OpenSeed(*key, *file);
  if (!seed.ok()) return Unusable(files.seed, base::ToStd(seed.status().message()));
  return seed;
}

absl::Status CheckSeed(const wire::Seed& seed, const std::string& path) {
  const auto resources = wire::ResourceSet::Parse(seed.bytes.Reveal());
  if (!resources.ok()) return Unusable(path, "what it holds is not a configuration");
  if (resources->Hash() != seed.hash) {
    return Unusable(path, "what it holds does not have the hash that stands beside it");
  }
  ParsedConfiguration parsed;
  if (!parsed.Parse(seed.bytes.Reveal())) {
    return Unusable(path, "what it holds is not a configuration");
  }
  const absl::Status checked = wire::ToStatus(wire::CheckConfiguration(parsed.get()));
  return checked.ok() ? checked : Unusable(path, base::ToStd(checked.message()));
}

absl::Status TakeSeed(const SeedFiles& files, LastKnownGood& last_known_good) {
  auto seed = ReadSeed(files);
  if (!seed.ok()) return seed.status();
  if (absl::Status status = CheckSeed(*seed, files.seed); !status.ok()) return status;
  const absl::Status saved = last_known_good.Save(
      {seed->epoch, seed->revision, seed->hash, seed->lineage}, seed->bytes.Reveal());
  if (!saved.ok()) {
    return absl::Status(saved.code(), base::Cat("the configuration of the seed ", files.seed,
                                                " cannot be stored: ", saved.message()));
  }
  spdlog::info("born from the seed {}: revision {} of epoch {}", files.seed, seed->revision,
               seed->epoch);
  return absl::OkStatus();
}

}  // namespace

std::optional<HeldConfiguration> ServeSeed(const SeedFiles& files, LastKnownGood& last_known_good,
                                           LiveState& live_state, SnapshotSlot& slot) {
  if (files.seed.empty()) return std::nullopt;
  const absl::Status taken = TakeSeed(files, last_known_good);
  if (!taken.ok()) {
    spdlog::error("{}; starting without a configuration", base::ToStd(taken.message()));
    return std::nullopt;
  }
  return ServeLastKnownGood(last_known_good, live_state, slot);
}

}  // namespace sluice::config
