#include "controlplane/ops/declaration_plan.h"

#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "controlplane/ops/declared_state.h"
#include "controlplane/ops/jwt_secret.h"
#include "controlplane/ops/provider_secret.h"
#include "controlplane/ops/resource_diff.h"
#include "controlplane/store/timestamp.h"

namespace sluice::ops {
namespace {

using admin::v1::ApplyConfigurationRequest;
using admin::v1::DeclaredClientKey;
using admin::v1::DeclaredJwtIssuer;
using admin::v1::DeclaredProviderKey;
using config::v1::ClientKey;
using config::v1::JwtIssuer;
using config::v1::Provider;
using config::v1::ProviderKey;
using store::ResourceKind;
using store::ResourceRow;
using store::ResourceSpan;

constexpr size_t kIdCharacters = 8;  // as other provider keys have

std::string Title(ResourceKind kind, std::string_view name) {
  return base::Cat(store::KindName(kind), " \"", base::Escaped(name), "\"");
}

// Turns a declaration into what is to be, resource by resource.
class Declaration {
 public:
  Declaration(const ApplyConfigurationRequest& request, const sealing::Sealer& sealer,
              absl::Time now, DeclaredState* state, DeclarationPlan* plan)
      : request_(request), sealer_(sealer), now_(now), state_(*state), plan_(*plan) {}

  absl::Status Take() {
    TakeSettings();
    for (const Provider& provider : request_.providers()) {
      if (absl::Status status = TakeProvider(provider); !status.ok()) return status;
    }
    for (const DeclaredProviderKey& key : request_.provider_keys()) {
      if (absl::Status status = TakeProviderKey(key); !status.ok()) return status;
    }
    for (const DeclaredJwtIssuer& issuer : request_.jwt_issuers()) {
      if (absl::Status status = TakeJwtIssuer(issuer); !status.ok()) return status;
    }
    // Names that are pruned are free for what is declared.
    if (request_.prune()) {
      PruneResources(ResourceKind::kProvider);
      PruneResources(ResourceKind::kProviderKey);
      PruneResources(ResourceKind::kJwtIssuer);
      if (absl::Status status = PruneClientKeys(); !status.ok()) return status;
    }
    for (const DeclaredClientKey& key : request_.client_keys()) {
      if (absl::Status status = TakeClientKey(key); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  // InvalidArgument if it was named before.
  absl::Status Name(ResourceKind kind, const std::string& name) {
    if (named_[kind].insert(name).second) return absl::OkStatus();
    return absl::InvalidArgumentError(base::Cat(Title(kind, name), " is declared twice"));
  }

  void TakeSettings() {
    if (!request_.has_settings()) return;
    const bool stored = state_.FindById(ResourceKind::kSettings, store::kSettingsId) != nullptr;
    ResourceRow row = store::RowOf(request_.settings());
    // No row and an empty one are the same settings.
    if (stored || !row.body.empty()) state_.Put(std::move(row));
  }

  absl::Status TakeProvider(const Provider& provider) {
    absl::Status status = Name(ResourceKind::kProvider, provider.name());
    if (!status.ok()) return status;
    if (const ResourceRow* row = state_.FindById(ResourceKind::kProvider, provider.name())) {
      auto stored = store::Decode<Provider>(*row);
      if (!stored.ok()) return stored.status();
      if (stored->preset() != provider.preset()) {
        return absl::FailedPreconditionError(
            base::Cat(Title(row->kind, row->id), " has preset \"", stored->preset(),
                      "\", which never changes: delete the provider first to make it one of \"",
                      base::Escaped(provider.preset()), "\""));
      }
    }
    state_.Put(store::RowOf(provider));
    return absl::OkStatus();
  }

  absl::Status TakeProviderKey(const DeclaredProviderKey& declared) {
    const std::string name = store::ProviderKeyName(declared.provider(), declared.name());
    absl::Status status = Name(ResourceKind::kProviderKey, name);
    if (!status.ok()) return status;
    const ResourceRow* row = state_.FindByName(ResourceKind::kProviderKey, name);
    if (row == nullptr) return NewProviderKey(declared, name);
    auto key = store::Decode<ProviderKey>(*row);
    if (!key.ok()) return key.status();
    SetDeclared(declared, &*key);
    if (declared.secret().empty()) {
      state_.Put(store::RowOf(*key, row->material));
      return absl::OkStatus();
    }
    ResourceRow made =
        SecretRow(*key, *row, base::Secret(std::string_view(declared.secret())), sealer_);
    if (made.material != row->material && key->has_reference()) {
      key->clear_reference();  // it led to the text before
      made = store::RowOf(*key, std::move(made.material));
    }
    state_.Put(std::move(made));
    return absl::OkStatus();
  }

  absl::Status NewProviderKey(const DeclaredProviderKey& declared, const std::string& name) {
    if (declared.secret().empty()) {
      return absl::InvalidArgumentError(
          base::Cat(Title(ResourceKind::kProviderKey, name),
                    " is new, and there is no secret for it: its from_env or from_file must lead "
                    "to one"));
    }
    ProviderKey key;
    key.set_id(base::Cat("pk_", crypto::RandomBase32(kIdCharacters)));
    key.set_provider(declared.provider());
    key.set_name(declared.name());
    SetDeclared(declared, &key);
    *key.mutable_created_at() = store::ToTimestamp(now_);
    const base::Secret secret{std::string_view(declared.secret())};
    state_.Put(NewSecretRow(key, secret, sealer_));
    return absl::OkStatus();
  }

  static void SetDeclared(const DeclaredProviderKey& declared, ProviderKey* key) {
    key->clear_enabled();
    if (declared.has_enabled()) key->set_enabled(declared.enabled());
    key->clear_weight();
    if (declared.has_weight()) key->set_weight(declared.weight());
  }

  absl::Status TakeJwtIssuer(const DeclaredJwtIssuer& declared) {
    JwtIssuer issuer = declared.issuer();
    absl::Status status = Name(ResourceKind::kJwtIssuer, issuer.name());
    if (!status.ok()) return status;
    std::string material;
    *issuer.mutable_created_at() = store::ToTimestamp(now_);
    if (const ResourceRow* row = state_.FindById(ResourceKind::kJwtIssuer, issuer.name())) {
      auto stored = store::Decode<JwtIssuer>(*row);
      if (!stored.ok()) return stored.status();
      *issuer.mutable_created_at() = stored->created_at();
      material = row->material;
    }
    const auto secret = JwtSecretAfter(issuer, declared.hs256_secret(), material, sealer_);
    if (!secret.ok()) return secret.status();
    state_.Put(JwtIssuerRow(issuer, *secret, material, sealer_));
    return absl::OkStatus();
  }

  absl::Status TakeClientKey(const DeclaredClientKey& declared) {
    const ClientKey& key = declared.key();
    absl::Status status = Name(ResourceKind::kClientKey, key.name());
    if (!status.ok()) return status;
    const ResourceRow* row = state_.FindByName(ResourceKind::kClientKey, key.name());
    return row == nullptr ? NewClientKey(declared) : ChangeClientKey(declared, *row);
  }

  absl::Status ChangeClientKey(const DeclaredClientKey& declared, const ResourceRow& row) {
    auto key = store::Decode<ClientKey>(row);
    if (!key.ok()) return key.status();
    const bool same_id = declared.key().id().empty() || declared.key().id() == row.id;
    const bool same_text = declared.sha256().empty() || declared.sha256() == row.material;
    if (!same_id || !same_text) {
      return absl::FailedPreconditionError(
          base::Cat(Title(row.kind, row.name), " is another key than the declared one",
                    same_id ? "" : base::Cat(" (its id is ", row.id, ")"),
                    ", for instance because it was rotated: take id and sha256 from a new export, "
                    "or leave both out"));
    }
    SetDeclared(declared.key(), &*key);
    const std::string sha256 = row.material;
    state_.Put(store::RowOf(*key, sha256));
    return absl::OkStatus();
  }

  static void SetDeclared(const ClientKey& declared, ClientKey* key) {
    *key->mutable_providers() = declared.providers();
    *key->mutable_methods() = declared.methods();
    *key->mutable_endpoints() = declared.endpoints();
    *key->mutable_models() = declared.models();
    *key->mutable_labels() = declared.labels();
    key->set_note(declared.note());
    key->clear_limits();
    if (declared.has_limits()) *key->mutable_limits() = declared.limits();
    key->clear_budget();
    if (declared.has_budget()) *key->mutable_budget() = declared.budget();
    key->clear_expires_at();
    if (declared.has_expires_at()) *key->mutable_expires_at() = declared.expires_at();
    key->clear_enabled();
    if (declared.has_enabled()) key->set_enabled(declared.enabled());
  }

  absl::Status NewClientKey(const DeclaredClientKey& declared) {
    const ClientKey& key = declared.key();
    const std::string title = Title(ResourceKind::kClientKey, key.name());
    if (key.id().empty() || declared.sha256().empty()) {
      return absl::InvalidArgumentError(
          base::Cat(title,
                    " is new: it must have the id and the sha256 of its text, as an export has "
                    "them; sluicectl key create makes one with a new text"));
    }
    if (const ResourceRow* other = state_.FindById(ResourceKind::kClientKey, key.id())) {
      auto stored = store::Decode<ClientKey>(*other);
      if (!stored.ok()) return stored.status();
      if (stored->has_revoked_at() && stored->name() == key.name()) {
        plan_.still_revoked.push_back(*std::move(stored));
        return absl::OkStatus();
      }
      return absl::FailedPreconditionError(base::Cat(
          title, " has the id of client key \"", stored->name(), "\", whose name never changes"));
    }
    // Else a command that names the one could reach the other.
    if (state_.FindById(ResourceKind::kClientKey, key.name()) != nullptr) {
      return absl::FailedPreconditionError(base::Cat(title, ": the name is the id of another key"));
    }
    ClientKey fresh;
    fresh.set_id(key.id());
    fresh.set_name(key.name());
    *fresh.mutable_created_at() = store::ToTimestamp(now_);
    SetDeclared(key, &fresh);
    state_.Put(store::RowOf(fresh, declared.sha256()));
    return absl::OkStatus();
  }

  void PruneResources(ResourceKind kind) {
    for (const auto& [id, row] : state_.before(kind)) {
      if (!named_[kind].contains(row.name)) state_.Erase(kind, id);
    }
  }

  absl::Status PruneClientKeys() {
    std::set<std::string> declared;
    for (const DeclaredClientKey& key : request_.client_keys()) declared.insert(key.key().name());
    for (const auto& [id, row] : state_.before(ResourceKind::kClientKey)) {
      if (row.name.empty() || declared.contains(row.name)) continue;
      auto key = store::Decode<ClientKey>(row);
      if (!key.ok()) return key.status();
      *key->mutable_revoked_at() = store::ToTimestamp(now_);
      state_.Put(store::RowOf(*key, row.material));
    }
    return absl::OkStatus();
  }

  const ApplyConfigurationRequest& request_;
  const sealing::Sealer& sealer_;
  const absl::Time now_;
  DeclaredState& state_;
  DeclarationPlan& plan_;
  std::map<ResourceKind, std::set<std::string>> named_;
};

ResourceSpan::State StateOf(const ResourceRow& row) { return {row.body, row.material}; }

// Whether the step takes something away, so that its name is free for the steps that follow.
bool GivesNameFree(const DeclarationPlan::Step& step) {
  return !step.span.after || step.row.name.empty();
}

void AddSteps(ResourceKind kind, const DeclaredState& state, DeclarationPlan* plan) {
  for (const auto& [id, row] : state.after(kind)) {
    const auto old = state.before(kind).find(id);
    const bool known = old != state.before(kind).end();
    if (known && old->second.body == row.body && old->second.material == row.material) continue;
    ResourceSpan span{kind, id, std::nullopt, StateOf(row)};
    if (known) span.before = StateOf(old->second);
    plan->steps.push_back({std::move(span), row});
  }
  for (const auto& [id, row] : state.before(kind)) {
    if (state.FindById(kind, id) != nullptr) continue;
    plan->steps.push_back({{kind, id, StateOf(row), std::nullopt}, {kind, id, "", "", "", 0}});
  }
}

}  // namespace

absl::StatusOr<DeclarationPlan> PlanDeclaration(const store::ResourceRows& rows,
                                                const ApplyConfigurationRequest& request,
                                                const sealing::Sealer& sealer, absl::Time now) {
  auto state = DeclaredState::Load(rows);
  if (!state.ok()) return state.status();
  DeclarationPlan plan;
  absl::Status status = Declaration(request, sealer, now, &*state, &plan).Take();
  if (status.ok()) status = state->Check(sealer);
  if (!status.ok()) return status;
  for (const ResourceKind kind :
       {ResourceKind::kSettings, ResourceKind::kProvider, ResourceKind::kProviderKey,
        ResourceKind::kClientKey, ResourceKind::kJwtIssuer}) {
    AddSteps(kind, *state, &plan);
  }
  return plan;
}

absl::Status CarryOut(const DeclarationPlan& plan, store::Change& change) {
  for (const bool freeing : {true, false}) {
    for (const DeclarationPlan::Step& step : plan.steps) {
      if (GivesNameFree(step) != freeing) continue;
      const absl::Status status =
          step.span.after ? change.Put(step.row) : change.Erase(step.row.kind, step.row.id);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

std::string SummaryOf(const DeclarationPlan& plan) {
  int created = 0, changed = 0, deleted = 0;
  for (const DeclarationPlan::Step& step : plan.steps) {
    // There always are settings.
    const bool existed = step.span.before || step.span.kind == ResourceKind::kSettings;
    ++(!step.span.after ? deleted : existed ? changed : created);
  }
  std::vector<std::string> counts;
  if (created > 0) counts.push_back(base::Cat(created, " created"));
  if (changed > 0) counts.push_back(base::Cat(changed, " changed"));
  if (deleted > 0) counts.push_back(base::Cat(deleted, " deleted"));
  return base::Cat("declaration applied: ", absl::StrJoin(counts, ", "));
}

void DescribePlan(const DeclarationPlan& plan, admin::v1::ApplyConfigurationResponse* response) {
  for (const DeclarationPlan::Step& step : plan.steps) {
    *response->add_resources() = DescribeSpan(step.span);
  }
  for (const ClientKey& key : plan.still_revoked) {
    admin::v1::ResourceDiff* left = response->add_resources();
    left->set_kind(std::string(store::KindName(ResourceKind::kClientKey)));
    left->set_id(key.id());
    left->set_name(key.name());
  }
}

}  // namespace sluice::ops
