#include "controlplane/ops/provider_key_refresh.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "controlplane/ops/provider_key_ops.h"
#include "controlplane/ops/row_messages.h"

namespace sluice::ops {
namespace {

using admin::v1::RefreshProviderKeysResponse;
using config::v1::ProviderKey;
using store::ResourceKind;

std::string Title(const ProviderKey& key) {
  return base::Cat("provider key ", key.provider(), "/", key.name());
}

void AddFailure(const ProviderKey& key, const absl::Status& why,
                RefreshProviderKeysResponse* response) {
  response->add_failed(base::Cat(Title(key), ": ", base::ToStd(why.message())));
}

// Ids that the rollout under way holds.
absl::StatusOr<std::set<std::string>> Held(const store::Change& change) {
  std::set<std::string> held;
  if (!change.active_rollout().has_value()) return held;
  auto spans = change.rollouts().Held(*change.active_rollout());
  if (!spans.ok()) return spans.status();
  for (const store::ResourceSpan& span : *spans) {
    if (span.kind == ResourceKind::kProviderKey) held.insert(span.id);
  }
  return held;
}

std::string Summary(const RefreshProviderKeysResponse& response) {
  return base::Cat(
      "references read: ", response.changed_size(),
      response.changed_size() == 1 ? " provider key changed" : " provider keys changed");
}

}  // namespace

absl::StatusOr<std::vector<ProviderKey>> ProviderKeyRefresh::Referring(
    const admin::v1::ProviderKeyRef& ref) {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  auto keys = ListMessages<ProviderKey>((*reading)->rows(), ResourceKind::kProviderKey);
  if (!keys.ok()) return keys.status();
  std::erase_if(*keys, [](const ProviderKey& key) { return !key.has_reference(); });
  if (ref.id().empty() && ref.provider().empty() && ref.name().empty()) return keys;
  auto row = FindProviderKey((*reading)->rows(), ref);
  if (!row.ok()) return row.status();
  std::erase_if(*keys, [&](const ProviderKey& key) { return key.id() != row->id; });
  if (keys->empty()) {
    return absl::FailedPreconditionError(
        base::Cat("provider key ", row->name, " has no reference: its text was given"));
  }
  return keys;
}

absl::Status ProviderKeyRefresh::Put(const Found& found, store::Change& change,
                                     RefreshProviderKeysResponse* response) const {
  auto row = change.rows().FindById(ResourceKind::kProviderKey, found.key.id());
  if (!row.ok()) return row.status();
  if (!row->has_value()) return absl::OkStatus();  // deleted meanwhile
  auto key = store::Decode<ProviderKey>(**row);
  if (!key.ok()) return key.status();
  const bool same = key->has_reference() && key->reference().SerializeAsString() ==
                                                found.key.reference().SerializeAsString();
  if (!same) return absl::OkStatus();  // it leads elsewhere by now, and was read when it was given
  const store::ResourceRow made = SecretRow(*key, **row, found.secret, sealer_);
  if (made.material == (*row)->material) return absl::OkStatus();
  if (absl::Status status = change.Put(made); !status.ok()) return status;
  response->add_changed(key->id());
  return absl::OkStatus();
}

absl::StatusOr<RefreshProviderKeysResponse> ProviderKeyRefresh::Refresh(
    const Caller& caller, const admin::v1::RefreshProviderKeysRequest& request,
    absl::Time deadline) {
  auto keys = Referring(request.ref());
  if (!keys.ok()) return keys.status();
  RefreshProviderKeysResponse failures;
  // Read before the transaction, which must be short.
  std::vector<Found> all;
  for (const ProviderKey& key : *keys) {
    absl::StatusOr<base::Secret> secret =
        absl::DeadlineExceededError("it was not its turn in time");
    if (path_.clock().Now() < deadline) secret = read_reference_(key.reference());
    absl::Status status = secret.status();
    if (status.ok()) status = wire::ToStatus(wire::CheckProviderSecret(key, secret->Reveal()));
    if (!status.ok()) {
      AddFailure(key, status, &failures);
      continue;
    }
    all.push_back({key, *std::move(secret)});
  }
  RefreshProviderKeysResponse response;
  auto revision =
      path_.Write(caller, std::nullopt, [&](store::Change& change) -> absl::StatusOr<std::string> {
        response = failures;
        auto held = Held(change);
        if (!held.ok()) return held.status();
        for (const Found& found : all) {
          if (held->contains(found.key.id())) {
            AddFailure(found.key, absl::FailedPreconditionError("it is part of a rollout"),
                       &response);
            continue;
          }
          if (absl::Status status = Put(found, change, &response); !status.ok()) return status;
        }
        return Summary(response);
      });
  if (!revision.ok()) return revision.status();
  for (const std::string& failure : response.failed()) {
    spdlog::warn("{}; it keeps the text that it had", base::Escaped(failure));
  }
  response.set_revision(*revision);
  return response;
}

}  // namespace sluice::ops
