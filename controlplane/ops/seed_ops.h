// Use cases of seeds. Thread-safe.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/wire/seed.h"
#include "controlplane/ops/caller.h"
#include "controlplane/store/store.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

// The newest configuration as it is published; Unavailable before there is one. Any thread.
using SeedSource = std::function<absl::StatusOr<wire::Seed>()>;

class SeedOps {
 public:
  SeedOps(store::Store& store, const base::Clock& clock, base::Secret key, SeedSource source)
      : store_(store), clock_(clock), key_(std::move(key)), source_(std::move(source)) {}

  // Who made it goes to the audit. ResourceExhausted if it does not fit into one answer.
  absl::StatusOr<admin::v1::CreateSeedResponse> Create(const Caller& caller);

 private:
  store::Store& store_;
  const base::Clock& clock_;
  const base::Secret key_;
  const SeedSource source_;
};

}  // namespace sluice::ops
