// Reads the references of provider keys anew. What has changed is one revision; a key whose
// reference fails keeps the text that it had. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/ops/caller.h"
#include "controlplane/ops/provider_secret.h"
#include "controlplane/ops/write_path.h"
#include "controlplane/sealing/sealer.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class ProviderKeyRefresh {
 public:
  ProviderKeyRefresh(WritePath& path, const sealing::Sealer& sealer, ReferenceReader read_reference)
      : path_(path), sealer_(sealer), read_reference_(std::move(read_reference)) {}

  // Of all keys or of one. What is not begun at `deadline` is a failure too. Blocks for as long as
  // the references take. FailedPrecondition for one key that has no reference.
  absl::StatusOr<admin::v1::RefreshProviderKeysResponse> Refresh(
      const Caller& caller, const admin::v1::RefreshProviderKeysRequest& request,
      absl::Time deadline = absl::InfiniteFuture());

 private:
  struct Found {
    config::v1::ProviderKey key;
    base::Secret secret;
  };

  absl::StatusOr<std::vector<config::v1::ProviderKey>> Referring(
      const admin::v1::ProviderKeyRef& ref);
  absl::Status Put(const Found& found, store::Change& change,
                   admin::v1::RefreshProviderKeysResponse* response) const;

  WritePath& path_;
  const sealing::Sealer& sealer_;
  const ReferenceReader read_reference_;
};

}  // namespace sluice::ops
