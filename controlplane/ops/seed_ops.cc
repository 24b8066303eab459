#include "controlplane/ops/seed_ops.h"

#include <string>
#include <utility>

#include "common/base/text.h"
#include "common/wire/channel.h"

namespace sluice::ops {
namespace {

constexpr size_t kMaxSeedBytes = wire::kMaxMessageBytes - 4096;

}  // namespace

absl::StatusOr<admin::v1::CreateSeedResponse> SeedOps::Create(const Caller& caller) {
  const auto seed = source_();
  if (!seed.ok()) return seed.status();
  std::string sealed = wire::SealSeed(key_, *seed);
  if (sealed.size() > kMaxSeedBytes) {
    return absl::ResourceExhaustedError(
        base::Cat("the configuration is too large for a seed: ", sealed.size(), " bytes, and ",
                  kMaxSeedBytes, " fit into an answer"));
  }
  store::AuditEntry entry = EntryOf(caller, clock_.Now());
  entry.summary = base::Cat("seed of revision ", seed->revision, " made");
  if (absl::Status status = store_.Record(std::move(entry)); !status.ok()) return status;
  admin::v1::CreateSeedResponse response;
  response.set_revision(seed->revision);
  *response.mutable_seed() = std::move(sealed);
  return response;
}

}  // namespace sluice::ops
