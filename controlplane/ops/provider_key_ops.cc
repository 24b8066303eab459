#include "controlplane/ops/provider_key_ops.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "controlplane/ops/field_mask.h"
#include "controlplane/ops/row_messages.h"
#include "controlplane/store/timestamp.h"

namespace sluice::ops {
namespace {

using config::v1::Provider;
using config::v1::ProviderKey;
using store::ResourceKind;

constexpr size_t kIdCharacters =
    8;  // 40 random bits; the few keys there are, and a taken id is refused

const std::vector<std::string_view> kChangeable = {"enabled"};

std::string Title(const ProviderKey& key) {
  return base::Cat("provider key ", key.provider(), "/", key.name());
}

absl::StatusOr<store::ResourceRow> FindRow(const store::ResourceRows& rows,
                                           const admin::v1::ProviderKeyRef& ref) {
  const bool by_name = !ref.provider().empty() && !ref.name().empty();
  if (ref.id().empty() && !by_name) {
    return absl::InvalidArgumentError("ref must hold an id, or a provider and a name");
  }
  const std::string name = store::ProviderKeyName(ref.provider(), ref.name());
  auto row = ref.id().empty() ? rows.FindByName(ResourceKind::kProviderKey, name)
                              : rows.FindById(ResourceKind::kProviderKey, ref.id());
  if (!row.ok()) return row.status();
  if (!row->has_value()) {
    return NoSuch(ResourceKind::kProviderKey, ref.id().empty() ? name : ref.id());
  }
  return **std::move(row);
}

absl::Status CheckProviderExists(const store::ResourceRows& rows, const std::string& provider) {
  auto row = rows.FindById(ResourceKind::kProvider, provider);
  if (!row.ok()) return row.status();
  return row->has_value() ? absl::OkStatus() : NoSuch(ResourceKind::kProvider, provider);
}

}  // namespace

absl::StatusOr<admin::v1::ListProviderKeysResponse> ProviderKeyOps::List(
    const admin::v1::ListProviderKeysRequest& request) {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  const store::ResourceRows& rows = (*reading)->rows();
  auto revision = rows.Revision();
  if (!revision.ok()) return revision.status();
  if (!request.provider().empty()) {
    absl::Status status = CheckProviderExists(rows, request.provider());
    if (!status.ok()) return status;
  }
  auto keys = ListMessages<ProviderKey>(rows, ResourceKind::kProviderKey);
  if (!keys.ok()) return keys.status();
  std::sort(keys->begin(), keys->end(), [](const ProviderKey& a, const ProviderKey& b) {
    return std::tie(a.provider(), a.name()) < std::tie(b.provider(), b.name());
  });
  admin::v1::ListProviderKeysResponse response;
  for (ProviderKey& key : *keys) {
    const bool wanted = request.provider().empty() || key.provider() == request.provider();
    if (wanted) *response.add_provider_keys() = std::move(key);
  }
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<ProviderKey> ProviderKeyOps::Get(const admin::v1::GetProviderKeyRequest& request) {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  auto row = FindRow((*reading)->rows(), request.ref());
  if (!row.ok()) return row.status();
  return store::Decode<ProviderKey>(*row);
}

absl::StatusOr<admin::v1::CreateProviderKeyResponse> ProviderKeyOps::Create(
    const Caller& caller, const admin::v1::CreateProviderKeyRequest& request) {
  const base::Secret secret{std::string_view(request.secret())};
  ProviderKey key;
  key.set_id(base::Cat("pk_", crypto::RandomBase32(kIdCharacters)));
  key.set_provider(request.provider());
  key.set_name(request.name());
  *key.mutable_created_at() = store::ToTimestamp(path_.clock().Now());
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        absl::Status status = CheckProviderExists(change.rows(), key.provider());
        if (status.ok()) status = CheckProviderKeyWrite(change.rows(), key, secret);
        if (status.ok()) {
          status = change.Put(store::RowOf(key, sealer_.SealProviderKey(key.id(), secret)));
        }
        if (!status.ok()) return status;
        return base::Cat(Title(key), " created");
      });
  if (!revision.ok()) return revision.status();
  admin::v1::CreateProviderKeyResponse response;
  *response.mutable_provider_key() = std::move(key);
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<std::string> ProviderKeyOps::MaterialFor(
    const admin::v1::UpdateProviderKeyRequest& request, const store::ResourceRow& row) {
  if (request.secret().empty()) return row.material;
  auto stored = sealer_.OpenProviderKey(row.id, row.material);
  if (stored.ok() && stored->Equals(request.secret())) return row.material;
  // One that no longer opens may well be replaced.
  return sealer_.SealProviderKey(row.id, base::Secret(std::string_view(request.secret())));
}

absl::StatusOr<admin::v1::UpdateProviderKeyResponse> ProviderKeyOps::Update(
    const Caller& caller, const admin::v1::UpdateProviderKeyRequest& request) {
  admin::v1::UpdateProviderKeyResponse response;
  const bool masked = !request.update_mask().paths().empty() || request.secret().empty();
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto row = FindRow(change.rows(), request.ref());
        if (!row.ok()) return row.status();
        auto key = store::Decode<ProviderKey>(*row);
        if (!key.ok()) return key.status();
        absl::Status status;
        if (masked) {
          status = ApplyMask(request.provider_key(), request.update_mask(), kChangeable, &*key);
        }
        if (status.ok() && !request.secret().empty()) {
          const base::Secret secret{std::string_view(request.secret())};
          status = CheckProviderKeyWrite(change.rows(), *key, secret);
        }
        if (!status.ok()) return status;
        auto material = MaterialFor(request, *row);
        if (!material.ok()) return material.status();
        status = change.Put(store::RowOf(*key, *std::move(material)));
        if (!status.ok()) return status;
        *response.mutable_provider_key() = *key;
        return base::Cat(Title(*key), request.secret().empty() ? " changed" : " replaced");
      });
  if (!revision.ok()) return revision.status();
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<admin::v1::DeleteProviderKeyResponse> ProviderKeyOps::Delete(
    const Caller& caller, const admin::v1::DeleteProviderKeyRequest& request) {
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto row = FindRow(change.rows(), request.ref());
        if (!row.ok()) return row.status();
        absl::Status status = change.Erase(ResourceKind::kProviderKey, row->id);
        if (!status.ok()) return status;
        return base::Cat("provider key ", row->name, " deleted");
      });
  if (!revision.ok()) return revision.status();
  admin::v1::DeleteProviderKeyResponse response;
  response.set_revision(*revision);
  return response;
}

}  // namespace sluice::ops
