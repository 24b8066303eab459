#include "controlplane/ops/provider_key_ops.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "common/wire/config_check.h"
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

const std::vector<std::string_view> kChangeable = {"enabled", "weight", "reference"};

std::string Title(const ProviderKey& key) {
  return base::Cat("provider key ", key.provider(), "/", key.name());
}

absl::Status GivenTwice() {
  return absl::InvalidArgumentError("give the key itself or a reference to it, not both");
}

absl::Status CheckProviderExists(const store::ResourceRows& rows, const std::string& provider) {
  auto row = rows.FindById(ResourceKind::kProvider, provider);
  if (!row.ok()) return row.status();
  return row->has_value() ? absl::OkStatus() : NoSuch(ResourceKind::kProvider, provider);
}

}  // namespace

absl::StatusOr<store::ResourceRow> FindProviderKey(const store::ResourceRows& rows,
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
  auto row = FindProviderKey((*reading)->rows(), request.ref());
  if (!row.ok()) return row.status();
  return store::Decode<ProviderKey>(*row);
}

absl::StatusOr<base::Secret> ProviderKeyOps::Read(const Caller& caller,
                                                  const ProviderKey& key) const {
  if (absl::Status status = wire::ToStatus(wire::CheckProviderKey(key)); !status.ok()) {
    return status;
  }
  if (caller.principal.role != access::Role::kOwner) {
    return absl::PermissionDeniedError(
        base::Cat("the token \"", caller.principal.name,
                  "\" may not give a provider key a reference: that takes an owner"));
  }
  if (!read_reference_) return absl::FailedPreconditionError("no reference can be read here");
  auto secret = read_reference_(key.reference());
  if (secret.ok()) return secret;
  // Whatever it was, it is no failure of the call: a caller must not take it for a timeout of the
  // control plane, or for a right that its token lacks.
  return absl::FailedPreconditionError(secret.status().message());
}

absl::StatusOr<admin::v1::CreateProviderKeyResponse> ProviderKeyOps::Create(
    const Caller& caller, const admin::v1::CreateProviderKeyRequest& request) {
  base::Secret secret{std::string_view(request.secret())};
  ProviderKey key;
  key.set_id(base::Cat("pk_", crypto::RandomBase32(kIdCharacters)));
  key.set_provider(request.provider());
  key.set_name(request.name());
  if (request.has_weight()) key.set_weight(request.weight());
  *key.mutable_created_at() = store::ToTimestamp(path_.clock().Now());
  if (request.has_reference()) {
    if (!secret.empty()) return GivenTwice();
    *key.mutable_reference() = request.reference();
    auto read = Read(caller, key);
    if (!read.ok()) return read.status();
    secret = *std::move(read);
  }
  const store::ResourceRow row = NewSecretRow(key, secret, sealer_);
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        absl::Status status = CheckProviderExists(change.rows(), key.provider());
        if (status.ok()) status = CheckProviderKeyWrite(change.rows(), key, secret);
        if (status.ok()) status = change.Put(row);
        if (!status.ok()) return status;
        return base::Cat(Title(key), " created");
      });
  if (!revision.ok()) return revision.status();
  admin::v1::CreateProviderKeyResponse response;
  *response.mutable_provider_key() = std::move(key);
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<base::Secret> ProviderKeyOps::SecretFor(
    const Caller& caller, const admin::v1::UpdateProviderKeyRequest& request) {
  bool refers = false;
  for (const std::string& path : request.update_mask().paths()) {
    // A part of one would be a reference that nobody looked at.
    if (path.starts_with("reference.")) {
      return absl::InvalidArgumentError("update_mask: a reference is replaced as a whole");
    }
    refers = refers || (path == "reference" && request.provider_key().has_reference());
  }
  if (!refers) return base::Secret(std::string_view(request.secret()));
  if (!request.secret().empty()) return GivenTwice();
  admin::v1::GetProviderKeyRequest get;
  *get.mutable_ref() = request.ref();
  auto key = Get(get);
  if (!key.ok()) return key.status();
  *key->mutable_reference() = request.provider_key().reference();
  return Read(caller, *key);
}

absl::StatusOr<admin::v1::UpdateProviderKeyResponse> ProviderKeyOps::Update(
    const Caller& caller, const admin::v1::UpdateProviderKeyRequest& request) {
  admin::v1::UpdateProviderKeyResponse response;
  const bool masked = !request.update_mask().paths().empty() || request.secret().empty();
  // Before the transaction: what is referred to may be slow.
  const auto secret = SecretFor(caller, request);
  if (!secret.ok()) return secret.status();
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto row = FindProviderKey(change.rows(), request.ref());
        if (!row.ok()) return row.status();
        auto key = store::Decode<ProviderKey>(*row);
        if (!key.ok()) return key.status();
        // A text that is given takes the place of a reference.
        if (!request.secret().empty()) key->clear_reference();
        absl::Status status;
        if (masked) {
          status = ApplyMask(request.provider_key(), request.update_mask(), kChangeable, &*key);
        }
        if (status.ok()) {
          status = secret->empty() ? wire::ToStatus(wire::CheckProviderKey(*key))
                                   : CheckProviderKeyWrite(change.rows(), *key, *secret);
        }
        if (!status.ok()) return status;
        store::ResourceRow made = secret->empty() ? store::RowOf(*key, row->material)
                                                  : SecretRow(*key, *row, *secret, sealer_);
        status = change.Put(made);
        if (!status.ok()) return status;
        *response.mutable_provider_key() = *key;
        return base::Cat(Title(*key), secret->empty() ? " changed" : " replaced");
      });
  if (!revision.ok()) return revision.status();
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<admin::v1::DeleteProviderKeyResponse> ProviderKeyOps::Delete(
    const Caller& caller, const admin::v1::DeleteProviderKeyRequest& request) {
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto row = FindProviderKey(change.rows(), request.ref());
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
