// Use cases of client keys. The text of a key is in the answer that makes it, and nowhere else:
// what is stored is its SHA-256. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/ops/caller.h"
#include "controlplane/ops/write_path.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class ClientKeyOps {
 public:
  explicit ClientKeyOps(WritePath& path) : path_(path) {}

  absl::StatusOr<admin::v1::ListClientKeysResponse> List(
      const admin::v1::ListClientKeysRequest& request);
  absl::StatusOr<config::v1::ClientKey> Get(const admin::v1::GetClientKeyRequest& request);
  absl::StatusOr<admin::v1::CreateClientKeyResponse> Create(
      const Caller& caller, const admin::v1::CreateClientKeyRequest& request);
  absl::StatusOr<admin::v1::UpdateClientKeyResponse> Update(
      const Caller& caller, const admin::v1::UpdateClientKeyRequest& request);
  absl::StatusOr<admin::v1::RevokeClientKeyResponse> Revoke(
      const Caller& caller, const admin::v1::RevokeClientKeyRequest& request);
  absl::StatusOr<admin::v1::CreateClientKeyResponse> Rotate(
      const Caller& caller, const admin::v1::RotateClientKeyRequest& request);

 private:
  // `key` with its times, from what was asked for.
  absl::StatusOr<config::v1::ClientKey> NewKeyFor(
      const admin::v1::CreateClientKeyRequest& request) const;
  absl::Status RevokeRow(store::Change& change, const store::ResourceRow& row,
                         config::v1::ClientKey* key);
  absl::Status RetireRow(store::Change& change, const store::ResourceRow& row,
                         absl::Duration overlap, const std::string& fresh_id,
                         config::v1::ClientKey* key);

  WritePath& path_;
};

}  // namespace sluice::ops
