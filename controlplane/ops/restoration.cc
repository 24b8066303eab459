#include "controlplane/ops/restoration.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "controlplane/ops/jwt_secret.h"
#include "controlplane/ops/provider_secret.h"
#include "controlplane/store/timestamp.h"

namespace sluice::ops {
namespace {

using config::v1::ClientKey;
using store::ResourceKind;
using store::ResourceRow;
using store::ResourceSpan;

template <typename Message>
absl::StatusOr<Message> Read(const ResourceSpan& span, const ResourceSpan::State& state) {
  return store::Decode<Message>({span.kind, span.id, "", state.body, state.material, 0});
}

// The row for the state that `span` ends in.
absl::StatusOr<ResourceRow> RowAfter(const ResourceSpan& span) {
  const ResourceSpan::State& state = *span.after;
  switch (span.kind) {
    case ResourceKind::kSettings: {
      auto settings = Read<config::v1::Settings>(span, state);
      if (!settings.ok()) return settings.status();
      return store::RowOf(*settings);
    }
    case ResourceKind::kProvider: {
      auto provider = Read<config::v1::Provider>(span, state);
      if (!provider.ok()) return provider.status();
      return store::RowOf(*provider);
    }
    case ResourceKind::kProviderKey: {
      auto key = Read<config::v1::ProviderKey>(span, state);
      if (!key.ok()) return key.status();
      return store::RowOf(*key, state.material);
    }
    case ResourceKind::kClientKey: {
      auto key = Read<ClientKey>(span, state);
      if (!key.ok()) return key.status();
      return store::RowOf(*key, state.material);
    }
    case ResourceKind::kJwtIssuer: {
      auto issuer = Read<config::v1::JwtIssuer>(span, state);
      if (!issuer.ok()) return issuer.status();
      return store::RowOf(*issuer, state.material);
    }
  }
  return absl::InternalError(base::Cat("resource \"", span.id, "\" is of no known kind"));
}

// What was good then need not be for this release, or under another master key.
absl::Status CheckAfter(const ResourceSpan& span, const sealing::Sealer& sealer) {
  auto row = RowAfter(span);
  if (!row.ok()) return row.status();
  switch (span.kind) {
    case ResourceKind::kSettings:
      return wire::ToStatus(wire::CheckSettings(*store::Decode<config::v1::Settings>(*row)));
    case ResourceKind::kProvider:
      return wire::ToStatus(wire::CheckProvider(*store::Decode<config::v1::Provider>(*row)));
    case ResourceKind::kProviderKey:
      return sealer
          .Open(sealing::PlaceOf(*store::Decode<config::v1::ProviderKey>(*row)), row->material)
          .status();
    case ResourceKind::kClientKey:
      return wire::ToStatus(wire::CheckClientKey(*store::Decode<ClientKey>(*row)));
    case ResourceKind::kJwtIssuer: {
      const auto issuer = store::Decode<config::v1::JwtIssuer>(*row);
      const auto secret = OpenJwtSecret(*issuer, row->material, sealer);
      if (!secret.ok()) return secret.status();
      return wire::ToStatus(wire::CheckJwtIssuer(*issuer));
    }
  }
  return absl::OkStatus();
}

// From what the key is now to what becomes of it; nothing if it stays as it is.
absl::StatusOr<std::optional<ResourceSpan>> ClientKeyStep(ResourceSpan back, absl::Time now,
                                                          std::vector<std::string>* revoked) {
  auto current = Read<ClientKey>(back, *back.before);
  if (!current.ok()) return current.status();
  if (current->has_revoked_at()) {
    if (back.after) revoked->push_back(current->name());
    return std::nullopt;
  }
  if (!back.after) {
    *current->mutable_revoked_at() = store::ToTimestamp(now);
    const ResourceRow row = store::RowOf(*current, back.before->material);
    back.after = ResourceSpan::State{row.body, row.material};
  }
  return back;
}

// A text that comes back to a key that has another is a new generation of it: what was sealed for
// an earlier one must not open for it again.
absl::Status ProviderKeyStep(ResourceSpan* step, const sealing::Sealer& sealer) {
  const auto row = [step](const ResourceSpan::State& state) {
    return ResourceRow{step->kind, step->id, "", state.body, state.material, 0};
  };
  auto back = FormerSecretRow(row(*step->before), row(*step->after), sealer);
  if (!back.ok()) return back.status();
  step->after = ResourceSpan::State{back->body, back->material};
  return absl::OkStatus();
}

// Those that give names free go first.
bool TakesName(const ResourceSpan& step) {
  if (!step.after) return false;
  if (step.kind != ResourceKind::kClientKey) return true;
  auto key = Read<ClientKey>(step, *step.after);
  return key.ok() && !key->has_revoked_at() && key->replaced_by().empty();
}

}  // namespace

absl::StatusOr<Restoration> PlanRestoration(const store::ResourceRows& rows, int64_t revision,
                                            const sealing::Sealer& sealer, absl::Time now) {
  auto newest = rows.Revision();
  if (!newest.ok()) return newest.status();
  if (revision < 1 || revision > *newest) {
    return absl::OutOfRangeError(
        base::Cat("there is no revision ", revision, ": they go from 1 to ", *newest));
  }
  auto since = rows.Between(revision, *newest);
  if (!since.ok()) return since.status();
  return PlanReversal(*std::move(since), sealer, now);
}

absl::StatusOr<Restoration> PlanReversal(std::vector<ResourceSpan> since,
                                         const sealing::Sealer& sealer, absl::Time now) {
  Restoration restoration;
  for (ResourceSpan& span : since) {
    std::optional<ResourceSpan> step = std::move(span);
    std::swap(step->before, step->after);
    if (step->kind == ResourceKind::kClientKey) {
      auto key_step = ClientKeyStep(*std::move(step), now, &restoration.still_revoked);
      if (!key_step.ok()) return key_step.status();
      step = *std::move(key_step);
    }
    if (!step) continue;
    if (step->kind == ResourceKind::kProviderKey && step->before && step->after) {
      if (absl::Status status = ProviderKeyStep(&*step, sealer); !status.ok()) return status;
      if (step->before == step->after) continue;
    }
    if (step->after) {
      if (absl::Status status = CheckAfter(*step, sealer); !status.ok()) return status;
    }
    restoration.steps.push_back(*std::move(step));
  }
  std::stable_partition(restoration.steps.begin(), restoration.steps.end(),
                        [](const ResourceSpan& step) { return !TakesName(step); });
  return restoration;
}

absl::Status Restore(const Restoration& restoration, store::Change& change) {
  for (const ResourceSpan& step : restoration.steps) {
    if (!step.after) {
      if (absl::Status status = change.Erase(step.kind, step.id); !status.ok()) return status;
      continue;
    }
    auto row = RowAfter(step);
    if (!row.ok()) return row.status();
    if (absl::Status status = change.Put(*row); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace sluice::ops
