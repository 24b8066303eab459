#include "controlplane/ops/declaration_ops.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "controlplane/ops/declaration_plan.h"
#include "controlplane/ops/row_messages.h"

namespace sluice::ops {
namespace {

using admin::v1::ApplyConfigurationRequest;
using admin::v1::ApplyConfigurationResponse;
using admin::v1::DeclaredClientKey;
using admin::v1::ExportConfigurationResponse;
using config::v1::ClientKey;
using config::v1::ProviderKey;
using store::ResourceKind;

absl::Status ExportSettings(const store::ResourceRows& rows,
                            ExportConfigurationResponse* response) {
  auto row = rows.FindById(ResourceKind::kSettings, store::kSettingsId);
  if (!row.ok()) return row.status();
  if (!row->has_value() || (*row)->body.empty()) return absl::OkStatus();
  auto settings = store::Decode<config::v1::Settings>(**row);
  if (!settings.ok()) return settings.status();
  *response->mutable_settings() = *std::move(settings);
  return absl::OkStatus();
}

absl::Status ExportProviders(const store::ResourceRows& rows,
                             ExportConfigurationResponse* response) {
  auto providers = ListMessages<config::v1::Provider>(rows, ResourceKind::kProvider);
  if (!providers.ok()) return providers.status();
  for (auto& provider : *providers) *response->add_providers() = std::move(provider);
  return absl::OkStatus();
}

absl::Status ExportProviderKeys(const store::ResourceRows& rows,
                                ExportConfigurationResponse* response) {
  auto keys = ListMessages<ProviderKey>(rows, ResourceKind::kProviderKey);
  if (!keys.ok()) return keys.status();
  std::sort(keys->begin(), keys->end(), [](const ProviderKey& a, const ProviderKey& b) {
    return std::tie(a.provider(), a.name()) < std::tie(b.provider(), b.name());
  });
  for (ProviderKey& key : *keys) *response->add_provider_keys() = std::move(key);
  return absl::OkStatus();
}

absl::Status ExportClientKeys(const store::ResourceRows& rows,
                              ExportConfigurationResponse* response) {
  auto listed = rows.List(ResourceKind::kClientKey);
  if (!listed.ok()) return listed.status();
  for (const store::ResourceRow& row : *listed) {
    auto key = store::Decode<ClientKey>(row);
    if (!key.ok()) return key.status();
    // One that a rotation has left to run out is nothing to declare.
    if (key->has_revoked_at() || !key->replaced_by().empty()) continue;
    DeclaredClientKey* declared = response->add_client_keys();
    *declared->mutable_key() = *std::move(key);
    declared->set_sha256(row.material);
  }
  std::sort(response->mutable_client_keys()->pointer_begin(),
            response->mutable_client_keys()->pointer_end(),
            [](const DeclaredClientKey* a, const DeclaredClientKey* b) {
              return a->key().name() < b->key().name();
            });
  return absl::OkStatus();
}

absl::Status ExportJwtIssuers(const store::ResourceRows& rows,
                              ExportConfigurationResponse* response) {
  auto issuers = ListMessages<config::v1::JwtIssuer>(rows, ResourceKind::kJwtIssuer);
  if (!issuers.ok()) return issuers.status();
  for (auto& issuer : *issuers) *response->add_jwt_issuers() = std::move(issuer);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExportConfigurationResponse> DeclarationOps::Export() {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  const store::ResourceRows& rows = (*reading)->rows();
  auto revision = rows.Revision();
  if (!revision.ok()) return revision.status();
  ExportConfigurationResponse response;
  response.set_revision(*revision);
  absl::Status status = ExportSettings(rows, &response);
  if (status.ok()) status = ExportProviders(rows, &response);
  if (status.ok()) status = ExportProviderKeys(rows, &response);
  if (status.ok()) status = ExportClientKeys(rows, &response);
  if (status.ok()) status = ExportJwtIssuers(rows, &response);
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<ApplyConfigurationResponse> DeclarationOps::Rehearse(
    const ApplyConfigurationRequest& request) {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  const store::ResourceRows& rows = (*reading)->rows();
  auto newest = rows.Revision();
  if (!newest.ok()) return newest.status();
  absl::Status status = CompareRevision(ExpectedRevision(request), *newest);
  if (!status.ok()) return status;
  auto plan = PlanDeclaration(rows, request, sealer_, path_.clock().Now());
  if (!plan.ok()) return plan.status();
  ApplyConfigurationResponse response;
  DescribePlan(*plan, &response);
  response.set_revision(*newest);
  return response;
}

absl::StatusOr<ApplyConfigurationResponse> DeclarationOps::Apply(
    const Caller& caller, const ApplyConfigurationRequest& request) {
  if (request.dry_run()) return Rehearse(request);
  ApplyConfigurationResponse response;
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto plan = PlanDeclaration(change.rows(), request, sealer_, path_.clock().Now());
        if (!plan.ok()) return plan.status();
        if (absl::Status status = CarryOut(*plan, change); !status.ok()) return status;
        DescribePlan(*plan, &response);
        return SummaryOf(*plan);
      });
  if (!revision.ok()) return revision.status();
  response.set_revision(*revision);
  return response;
}

}  // namespace sluice::ops
