#include "controlplane/ops/client_key_ops.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/crypto/key_text.h"
#include "controlplane/ops/field_mask.h"
#include "controlplane/ops/row_messages.h"
#include "controlplane/store/timestamp.h"

namespace sluice::ops {
namespace {

using config::v1::ClientKey;
using store::ResourceKind;

const std::vector<std::string_view> kChangeable = {"providers", "expires_at", "enabled", "labels",
                                                   "note"};
const absl::Duration kLongestLife = absl::Hours(24 * 36525);  // 100 years

// By id, or by the name that a key which is not revoked holds.
absl::StatusOr<store::ResourceRow> FindRow(const store::ResourceRows& rows,
                                           const std::string& id_or_name) {
  auto row = rows.FindById(ResourceKind::kClientKey, id_or_name);
  if (!row.ok()) return row.status();
  if (row->has_value()) return **std::move(row);
  row = rows.FindByName(ResourceKind::kClientKey, id_or_name);
  if (!row.ok()) return row.status();
  if (row->has_value()) return **std::move(row);
  return NoSuch(ResourceKind::kClientKey, id_or_name);
}

absl::Status CheckNotRevoked(const ClientKey& key) {
  if (!key.has_revoked_at()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      base::Cat("client key \"", key.id(), "\" (", key.name(), ") is revoked for good"));
}

// Else a command that names the one could reach the other.
absl::Status CheckNameIsNoId(const store::ResourceRows& rows, const std::string& name) {
  auto row = rows.FindById(ResourceKind::kClientKey, name);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return absl::OkStatus();
  return absl::AlreadyExistsError(
      base::Cat("client key \"", name, "\": the name is the id of another key"));
}

// Checks and stores a key made of `key` and a new text, which is returned.
absl::StatusOr<base::Secret> PutNew(store::Change& change, ClientKey* key) {
  crypto::NewKey made = crypto::MintKey(crypto::kClientKeyPrefix);
  auto taken = change.rows().FindById(ResourceKind::kClientKey, made.id);
  if (!taken.ok()) return taken.status();
  if (taken->has_value()) return absl::AbortedError("the new id is taken: try again");
  key->set_id(made.id);
  absl::Status status = CheckClientKeyWrite(change.rows(), *key);
  if (status.ok()) status = CheckNameIsNoId(change.rows(), key->name());
  if (status.ok()) status = change.Put(store::RowOf(*key, made.sha256));
  if (!status.ok()) return status;
  return std::move(made.text);
}

admin::v1::CreateClientKeyResponse CreatedResponse(ClientKey key, const base::Secret& text,
                                                   int64_t revision) {
  admin::v1::CreateClientKeyResponse response;
  *response.mutable_client_key() = std::move(key);
  response.set_key(text.Reveal().data(), text.Reveal().size());
  response.set_revision(revision);
  return response;
}

}  // namespace

absl::StatusOr<admin::v1::ListClientKeysResponse> ClientKeyOps::List(
    const admin::v1::ListClientKeysRequest& request) {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  auto revision = (*reading)->rows().Revision();
  if (!revision.ok()) return revision.status();
  auto keys = ListMessages<ClientKey>((*reading)->rows(), ResourceKind::kClientKey);
  if (!keys.ok()) return keys.status();
  std::sort(keys->begin(), keys->end(), [](const ClientKey& a, const ClientKey& b) {
    return std::tie(a.name(), a.id()) < std::tie(b.name(), b.id());
  });
  admin::v1::ListClientKeysResponse response;
  for (ClientKey& key : *keys) {
    if (key.has_revoked_at() && !request.include_revoked()) continue;
    *response.add_client_keys() = std::move(key);
  }
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<ClientKey> ClientKeyOps::Get(const admin::v1::GetClientKeyRequest& request) {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  auto row = FindRow((*reading)->rows(), request.key());
  if (!row.ok()) return row.status();
  return store::Decode<ClientKey>(*row);
}

absl::StatusOr<ClientKey> ClientKeyOps::NewKeyFor(
    const admin::v1::CreateClientKeyRequest& request) const {
  ClientKey key = request.client_key();
  const absl::Time now = path_.clock().Now();
  if (request.has_expires_in()) {
    if (key.has_expires_at()) {
      return absl::InvalidArgumentError("expires_in and client_key.expires_at exclude each other");
    }
    const absl::Duration life = store::ToDuration(request.expires_in());
    if (life <= absl::ZeroDuration() || life > kLongestLife) {
      return absl::InvalidArgumentError("expires_in must be more than 0 and at most 100 years");
    }
    *key.mutable_expires_at() = store::ToTimestamp(now + life);
  }
  if (key.has_expires_at() && store::ToTime(key.expires_at()) <= now) {
    return absl::InvalidArgumentError(
        base::Cat("client key \"", base::Escaped(key.name()), "\": expires_at lies in the past"));
  }
  key.clear_revoked_at();
  *key.mutable_created_at() = store::ToTimestamp(now);
  return key;
}

absl::StatusOr<admin::v1::CreateClientKeyResponse> ClientKeyOps::Create(
    const Caller& caller, const admin::v1::CreateClientKeyRequest& request) {
  auto key = NewKeyFor(request);
  if (!key.ok()) return key.status();
  base::Secret text;
  auto revision = path_.Write(caller, ExpectedRevision(request),
                              [&](store::Change& change) -> absl::StatusOr<std::string> {
                                auto made = PutNew(change, &*key);
                                if (!made.ok()) return made.status();
                                text = *std::move(made);
                                return base::Cat("client key ", key->name(), " created");
                              });
  if (!revision.ok()) return revision.status();
  return CreatedResponse(*std::move(key), text, *revision);
}

absl::StatusOr<admin::v1::UpdateClientKeyResponse> ClientKeyOps::Update(
    const Caller& caller, const admin::v1::UpdateClientKeyRequest& request) {
  admin::v1::UpdateClientKeyResponse response;
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto row = FindRow(change.rows(), request.key());
        if (!row.ok()) return row.status();
        auto key = store::Decode<ClientKey>(*row);
        if (!key.ok()) return key.status();
        absl::Status status = CheckNotRevoked(*key);
        if (status.ok()) {
          status = ApplyMask(request.client_key(), request.update_mask(), kChangeable, &*key);
        }
        if (status.ok()) status = CheckClientKeyWrite(change.rows(), *key);
        if (status.ok()) status = change.Put(store::RowOf(*key, row->material));
        if (!status.ok()) return status;
        *response.mutable_client_key() = *key;
        return base::Cat("client key ", key->name(), " changed");
      });
  if (!revision.ok()) return revision.status();
  response.set_revision(*revision);
  return response;
}

absl::Status ClientKeyOps::RevokeRow(store::Change& change, const store::ResourceRow& row,
                                     ClientKey* key) {
  *key->mutable_revoked_at() = store::ToTimestamp(path_.clock().Now());
  return change.Put(store::RowOf(*key, row.material));
}

absl::StatusOr<admin::v1::RevokeClientKeyResponse> ClientKeyOps::Revoke(
    const Caller& caller, const admin::v1::RevokeClientKeyRequest& request) {
  admin::v1::RevokeClientKeyResponse response;
  auto revision = path_.Write(caller, ExpectedRevision(request),
                              [&](store::Change& change) -> absl::StatusOr<std::string> {
                                auto row = FindRow(change.rows(), request.key());
                                if (!row.ok()) return row.status();
                                auto key = store::Decode<ClientKey>(*row);
                                if (!key.ok()) return key.status();
                                if (!key->has_revoked_at()) {
                                  absl::Status status = RevokeRow(change, *row, &*key);
                                  if (!status.ok()) return status;
                                }
                                *response.mutable_client_key() = *key;
                                return base::Cat("client key ", key->name(), " revoked");
                              });
  if (!revision.ok()) return revision.status();
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<admin::v1::CreateClientKeyResponse> ClientKeyOps::Rotate(
    const Caller& caller, const admin::v1::RotateClientKeyRequest& request) {
  ClientKey fresh;
  base::Secret text;
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto row = FindRow(change.rows(), request.key());
        if (!row.ok()) return row.status();
        auto old = store::Decode<ClientKey>(*row);
        if (!old.ok()) return old.status();
        absl::Status status = CheckNotRevoked(*old);
        if (!status.ok()) return status;
        fresh = *old;
        *fresh.mutable_created_at() = store::ToTimestamp(path_.clock().Now());
        // First, since it gives the name free.
        status = RevokeRow(change, *row, &*old);
        if (!status.ok()) return status;
        auto made = PutNew(change, &fresh);
        if (!made.ok()) return made.status();
        text = *std::move(made);
        return base::Cat("client key ", fresh.name(), " rotated");
      });
  if (!revision.ok()) return revision.status();
  return CreatedResponse(std::move(fresh), text, *revision);
}

}  // namespace sluice::ops
