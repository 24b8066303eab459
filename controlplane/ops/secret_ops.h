// The master keys that secrets are sealed under, and how all secrets come under the newest.
//
// A rotation goes from secret to secret, a few in each transaction, while everything else goes on.
// What it has done stays done: after a kill, or when its caller leaves, the next one goes on there.
// It makes no revision, and stands in the audit. Thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "controlplane/ops/caller.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/store.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

// The meta values by which a start knows which master key a database needs.
struct MasterKeyMeta {
  std::string check_value;  // name of the one that a key is tried on
  std::string id;
};

class SecretOps {
 public:
  SecretOps(store::Store& store, const sealing::Sealer& sealer, MasterKeyMeta meta,
            const base::Clock& clock)
      : store_(store), sealer_(sealer), meta_(std::move(meta)), clock_(clock) {}

  absl::StatusOr<admin::v1::GetSecretsStatusResponse> Status();

  // One rotation; for one thread at a time.
  class Rotation {
   public:
    Rotation(SecretOps& ops, Caller caller) : ops_(ops), caller_(std::move(caller)) {}

    // What is done after one more batch; `done` in the last. DataLoss names a secret that does not
    // open; nothing of its batch is written.
    absl::StatusOr<admin::v1::RotateMasterKeyProgress> Next();

   private:
    absl::Status Begin();
    absl::Status Batch();
    absl::Status Finish();

    SecretOps& ops_;
    const Caller caller_;
    bool begun_ = false;
    bool at_end_ = false;
    store::ResourceKey after_;  // what was done last
    admin::v1::RotateMasterKeyProgress progress_;
  };

 private:
  absl::StatusOr<admin::v1::RotateMasterKeyProgress> Count(const store::SecretRows& rows) const;
  // Returns how many were brought under the newest.
  absl::StatusOr<int64_t> Rewrap(const store::ResourceKey& owner, store::SecretRows& rows) const;

  store::Store& store_;
  const sealing::Sealer& sealer_;
  const MasterKeyMeta meta_;
  const base::Clock& clock_;
};

}  // namespace sluice::ops
