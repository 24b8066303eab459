#include "controlplane/publish/resource_bytes.h"

#include <utility>

#include "common/wire/canonical.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::publish {
namespace {

using Bytes = absl::StatusOr<std::optional<base::Secret>>;
using store::ResourceKind;
using store::ResourceRow;

std::optional<base::Secret> BytesOf(const google::protobuf::MessageLite& message) {
  return base::Secret(wire::SerializeCanonical(message));
}

template <typename Message>
Bytes Plain(const ResourceRow& row) {
  auto message = store::Decode<Message>(row);
  if (!message.ok()) return message.status();
  return BytesOf(*message);
}

Bytes ProviderKey(const ResourceRow& row, const sealing::Sealer& sealer) {
  auto key = store::Decode<config::v1::ProviderKey>(row);
  if (!key.ok()) return key.status();
  auto secret = sealer.Open(sealing::PlaceOf(*key), row.material);
  if (!secret.ok()) return secret.status();
  key->clear_reference();  // the control plane reads it, nodes have no use for it
  config::v1::ProviderKeyEntry entry;
  *entry.mutable_key() = *std::move(key);
  entry.set_secret(secret->Reveal().data(), secret->Reveal().size());
  auto bytes = BytesOf(entry);
  base::Wipe(entry.mutable_secret()->data(), entry.secret().size());
  return bytes;
}

// What nodes must know of a key whose requests are to end: nothing that others may be deleted from
// under it.
config::v1::ClientKey Gravestone(const config::v1::ClientKey& key) {
  config::v1::ClientKey stone;
  stone.set_id(key.id());
  stone.set_name(key.name());
  *stone.mutable_revoked_at() = key.revoked_at();
  stone.set_cut_streams(true);
  return stone;
}

Bytes ClientKey(const ResourceRow& row) {
  auto key = store::Decode<config::v1::ClientKey>(row);
  if (!key.ok()) return key.status();
  config::v1::ClientKeyEntry entry;
  if (!key->has_revoked_at()) {
    *entry.mutable_key() = *std::move(key);
  } else if (key->cut_streams()) {
    *entry.mutable_key() = Gravestone(*key);
  } else {
    return std::optional<base::Secret>();
  }
  entry.set_sha256(row.material);
  return BytesOf(entry);
}

Bytes JwtIssuer(const ResourceRow& row, const sealing::Sealer& sealer) {
  auto issuer = store::Decode<config::v1::JwtIssuer>(row);
  if (!issuer.ok()) return issuer.status();
  config::v1::JwtIssuerEntry entry;
  if (!row.material.empty()) {
    auto secret = sealer.Open(sealing::IssuerPlaceOf(*issuer), row.material);
    if (!secret.ok()) return secret.status();
    entry.set_hs256_secret(secret->Reveal().data(), secret->Reveal().size());
  }
  *entry.mutable_issuer() = *std::move(issuer);
  auto bytes = BytesOf(entry);
  base::Wipe(entry.mutable_hs256_secret()->data(), entry.hs256_secret().size());
  return bytes;
}

}  // namespace

Bytes ResourceBytes(const ResourceRow& row, const sealing::Sealer& sealer) {
  switch (row.kind) {
    case ResourceKind::kSettings:
      return Plain<config::v1::Settings>(row);
    case ResourceKind::kProvider:
      return Plain<config::v1::Provider>(row);
    case ResourceKind::kProviderKey:
      return ProviderKey(row, sealer);
    case ResourceKind::kClientKey:
      return ClientKey(row);
    case ResourceKind::kJwtIssuer:
      return JwtIssuer(row, sealer);
  }
  return absl::DataLossError("a row of the database is of no known kind");
}

}  // namespace sluice::publish
