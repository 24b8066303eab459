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

const std::vector<std::string_view> kChangeable = {"providers", "methods",    "endpoints", "models",
                                                   "limits",    "expires_at", "enabled",   "labels",
                                                   "note",      "budget"};
const absl::Duration kLongestLife = absl::Hours(24 * 36525);  // 100 years
const absl::Duration kLongestOverlap = absl::Hours(24 * 366);

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

absl::Status CheckCanRotate(const ClientKey& key) {
  if (absl::Status status = CheckNotRevoked(key); !status.ok()) return status;
  if (key.replaced_by().empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(base::Cat("client key \"", key.id(), "\" (", key.name(),
                                                 ") was rotated already: its place has ",
                                                 key.replaced_by()));
}

// Checks and stores `key` with the id and text of `made`.
absl::Status PutNew(store::Change& change, const crypto::NewKey& made, ClientKey* key) {
  auto taken = change.rows().FindById(ResourceKind::kClientKey, made.id);
  if (!taken.ok()) return taken.status();
  if (taken->has_value()) return absl::AbortedError("the new id is taken: try again");
  key->set_id(made.id);
  absl::Status status = CheckClientKeyWrite(change.rows(), *key);
  if (status.ok()) status = CheckNameIsNoId(change.rows(), key->name());
  if (status.ok()) status = change.Put(store::RowOf(*key, made.sha256));
  return status;
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
  key.clear_replaced_by();
  key.clear_cut_streams();
  *key.mutable_created_at() = store::ToTimestamp(now);
  return key;
}

absl::StatusOr<admin::v1::CreateClientKeyResponse> ClientKeyOps::Create(
    const Caller& caller, const admin::v1::CreateClientKeyRequest& request) {
  auto key = NewKeyFor(request);
  if (!key.ok()) return key.status();
  base::Secret text;
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        const crypto::NewKey made = crypto::MintKey(crypto::kClientKeyPrefix);
        absl::Status status = PutNew(change, made, &*key);
        if (!status.ok()) return status;
        text = made.text.Clone();
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
        // One that runs out can only be revoked.
        if (status.ok() && !key->replaced_by().empty()) status = CheckCanRotate(*key);
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
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto row = FindRow(change.rows(), request.key());
        if (!row.ok()) return row.status();
        auto key = store::Decode<ClientKey>(*row);
        if (!key.ok()) return key.status();
        // What still runs of a key that was revoked before can be ended too.
        const bool cuts = request.cut_streams() && !key->cut_streams();
        if (!key->has_revoked_at() || cuts) {
          if (cuts) key->set_cut_streams(true);
          absl::Status status = key->has_revoked_at()
                                    ? change.Put(store::RowOf(*key, row->material))
                                    : RevokeRow(change, *row, &*key);
          if (!status.ok()) return status;
        }
        *response.mutable_client_key() = *key;
        return base::Cat("client key ", key->name(), " revoked",
                         cuts ? ", what is under way cut" : "");
      });
  if (!revision.ok()) return revision.status();
  response.set_revision(*revision);
  return response;
}

// What becomes of the key that `fresh` takes the place of.
absl::Status ClientKeyOps::RetireRow(store::Change& change, const store::ResourceRow& row,
                                     absl::Duration overlap, const std::string& fresh_id,
                                     ClientKey* key) {
  if (overlap == absl::ZeroDuration()) return RevokeRow(change, row, key);
  const absl::Time end = path_.clock().Now() + overlap;
  if (!key->has_expires_at() || store::ToTime(key->expires_at()) > end) {
    *key->mutable_expires_at() = store::ToTimestamp(end);
  }
  key->set_replaced_by(fresh_id);
  return change.Put(store::RowOf(*key, row.material));
}

absl::StatusOr<admin::v1::CreateClientKeyResponse> ClientKeyOps::Rotate(
    const Caller& caller, const admin::v1::RotateClientKeyRequest& request) {
  const absl::Duration overlap = store::ToDuration(request.overlap());
  if (overlap < absl::ZeroDuration() || overlap > kLongestOverlap) {
    return absl::InvalidArgumentError("overlap must be 0 to 366 days");
  }
  ClientKey fresh;
  base::Secret text;
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto row = FindRow(change.rows(), request.key());
        if (!row.ok()) return row.status();
        auto old = store::Decode<ClientKey>(*row);
        if (!old.ok()) return old.status();
        absl::Status status = CheckCanRotate(*old);
        if (!status.ok()) return status;
        fresh = *old;
        *fresh.mutable_created_at() = store::ToTimestamp(path_.clock().Now());
        const crypto::NewKey made = crypto::MintKey(crypto::kClientKeyPrefix);
        // The old one first, since it gives the name free.
        status = RetireRow(change, *row, overlap, made.id, &*old);
        if (status.ok()) status = PutNew(change, made, &fresh);
        if (!status.ok()) return status;
        text = made.text.Clone();
        return base::Cat("client key ", fresh.name(), " rotated",
                         overlap == absl::ZeroDuration()
                             ? ""
                             : base::Cat(", the old one ends in ", absl::FormatDuration(overlap)));
      });
  if (!revision.ok()) return revision.status();
  return CreatedResponse(std::move(fresh), text, *revision);
}

}  // namespace sluice::ops
