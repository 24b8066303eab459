#include "controlplane/ops/rollout_check.h"

#include <map>
#include <optional>
#include <string>

#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "controlplane/store/resource.h"

namespace sluice::ops {
namespace {

using store::ResourceKey;
using store::ResourceKind;
using store::ResourceRow;

constexpr ResourceKind kKinds[] = {ResourceKind::kSettings, ResourceKind::kProvider,
                                   ResourceKind::kProviderKey, ResourceKind::kClientKey,
                                   ResourceKind::kJwtIssuer};

// Secrets were looked at when they were written, and nothing here reads them.
constexpr char kSomeSecret[] = "x";
constexpr size_t kSomeSecretBytes = 32;  // of a token issuer

absl::Status Add(const ResourceRow& row, config::v1::Configuration* configuration) {
  bool read = false;
  switch (row.kind) {
    case ResourceKind::kSettings:
      read = configuration->mutable_settings()->ParseFromString(row.body);
      break;
    case ResourceKind::kProvider:
      read = configuration->add_providers()->ParseFromString(row.body);
      break;
    case ResourceKind::kProviderKey: {
      auto* entry = configuration->add_provider_keys();
      read = entry->mutable_key()->ParseFromString(row.body);
      entry->set_secret(kSomeSecret);
      break;
    }
    case ResourceKind::kClientKey: {
      auto* entry = configuration->add_client_keys();
      read = entry->mutable_key()->ParseFromString(row.body);
      entry->set_sha256(row.material);
      if (entry->key().has_revoked_at()) configuration->mutable_client_keys()->RemoveLast();
      break;
    }
    case ResourceKind::kJwtIssuer: {
      auto* entry = configuration->add_jwt_issuers();
      read = entry->mutable_issuer()->ParseFromString(row.body);
      if (!row.material.empty()) entry->set_hs256_secret(std::string(kSomeSecretBytes, 'x'));
      break;
    }
  }
  if (read) return absl::OkStatus();
  return absl::DataLossError(
      base::Cat(store::KindName(row.kind), " \"", row.id, "\" cannot be read from the database"));
}

}  // namespace

absl::Status CheckOthers(const store::Change& change) {
  // What ends a rollout makes one of the two everybody's, and both are whole.
  if (!change.active_rollout().has_value() || change.ends_rollout()) return absl::OkStatus();
  auto held = change.rollouts().Held(*change.active_rollout());
  if (!held.ok()) return held.status();
  std::map<ResourceKey, const store::ResourceSpan*> by_key;
  for (const auto& span : *held) by_key[{span.kind, span.id}] = &span;

  config::v1::Configuration others;
  for (const auto& [key, span] : by_key) {
    if (!span->before.has_value()) continue;
    absl::Status status =
        Add({key.kind, key.id, "", span->before->body, span->before->material, 0}, &others);
    if (!status.ok()) return status;
  }
  for (const ResourceKind kind : kKinds) {
    auto rows = change.rows().List(kind);
    if (!rows.ok()) return rows.status();
    for (const ResourceRow& row : *rows) {
      if (by_key.contains({row.kind, row.id})) continue;
      if (absl::Status status = Add(row, &others); !status.ok()) return status;
    }
  }
  const absl::Status whole = wire::ToStatus(wire::CheckConfiguration(others));
  if (whole.ok()) return whole;
  return absl::FailedPreconditionError(
      base::Cat("the nodes that are no canaries of the rollout of revision ",
                change.active_rollout()->revision, " would refuse this (",
                base::ToStd(whole.message()), "): promote or abort that first"));
}

}  // namespace sluice::ops
