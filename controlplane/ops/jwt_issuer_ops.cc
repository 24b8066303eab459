#include "controlplane/ops/jwt_issuer_ops.h"

#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "controlplane/ops/field_mask.h"
#include "controlplane/ops/jwt_secret.h"
#include "controlplane/ops/row_messages.h"
#include "controlplane/store/timestamp.h"

namespace sluice::ops {
namespace {

using config::v1::JwtIssuer;
using store::ResourceKind;

const std::vector<std::string_view> kChangeable = {
    "enabled",        "issuer",          "audiences",        "algorithms",   "jwks",
    "leeway",         "providers",       "methods",          "endpoints",    "models",
    "limits",         "providers_claim", "endpoints_claim",  "models_claim", "subject_claim",
    "requests_claim", "tokens_claim",    "concurrent_claim", "labels"};

absl::StatusOr<store::ResourceRow> FindRow(const store::ResourceRows& rows,
                                           const std::string& name) {
  auto row = rows.FindById(ResourceKind::kJwtIssuer, name);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return NoSuch(ResourceKind::kJwtIssuer, name);
  return **std::move(row);
}

// A token names its issuer by `iss` alone.
absl::Status CheckIssuerIsFree(const store::ResourceRows& rows, const JwtIssuer& issuer) {
  auto all = ListMessages<JwtIssuer>(rows, ResourceKind::kJwtIssuer);
  if (!all.ok()) return all.status();
  for (const JwtIssuer& other : *all) {
    if (other.name() == issuer.name() || other.issuer() != issuer.issuer()) continue;
    return absl::AlreadyExistsError(base::Cat("jwt issuer \"", issuer.name(), "\": issuer \"",
                                              base::Escaped(issuer.issuer()),
                                              "\" is that of jwt issuer \"", other.name(), "\""));
  }
  return absl::OkStatus();
}

absl::Status CheckWrite(const store::ResourceRows& rows, const JwtIssuer& issuer,
                        const base::Secret& secret) {
  absl::Status status = CheckJwtIssuerWrite(rows, issuer, secret);
  return status.ok() ? CheckIssuerIsFree(rows, issuer) : status;
}

}  // namespace

absl::StatusOr<admin::v1::ListJwtIssuersResponse> JwtIssuerOps::List() {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  auto revision = (*reading)->rows().Revision();
  if (!revision.ok()) return revision.status();
  auto issuers = ListMessages<JwtIssuer>((*reading)->rows(), ResourceKind::kJwtIssuer);
  if (!issuers.ok()) return issuers.status();
  admin::v1::ListJwtIssuersResponse response;
  for (JwtIssuer& issuer : *issuers) *response.add_jwt_issuers() = std::move(issuer);
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<JwtIssuer> JwtIssuerOps::Get(const admin::v1::GetJwtIssuerRequest& request) {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  return GetMessage<JwtIssuer>((*reading)->rows(), ResourceKind::kJwtIssuer, request.name());
}

absl::StatusOr<admin::v1::CreateJwtIssuerResponse> JwtIssuerOps::Create(
    const Caller& caller, const admin::v1::CreateJwtIssuerRequest& request) {
  JwtIssuer issuer = request.jwt_issuer();
  *issuer.mutable_created_at() = store::ToTimestamp(path_.clock().Now());
  const base::Secret secret{std::string_view(request.hs256_secret())};
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        absl::Status status = CheckWrite(change.rows(), issuer, secret);
        if (!status.ok()) return status;
        auto taken = change.rows().FindById(ResourceKind::kJwtIssuer, issuer.name());
        if (!taken.ok()) return taken.status();
        if (taken->has_value()) {
          return absl::AlreadyExistsError(
              base::Cat("jwt issuer \"", issuer.name(), "\" exists already"));
        }
        status = change.Put(JwtIssuerRow(issuer, secret, "", sealer_));
        if (!status.ok()) return status;
        return base::Cat("jwt issuer ", issuer.name(), " created");
      });
  if (!revision.ok()) return revision.status();
  admin::v1::CreateJwtIssuerResponse response;
  *response.mutable_jwt_issuer() = std::move(issuer);
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<admin::v1::UpdateJwtIssuerResponse> JwtIssuerOps::Update(
    const Caller& caller, const admin::v1::UpdateJwtIssuerRequest& request) {
  const std::string& name = request.jwt_issuer().name();
  const bool masked = !request.update_mask().paths().empty() || request.hs256_secret().empty();
  admin::v1::UpdateJwtIssuerResponse response;
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto row = FindRow(change.rows(), name);
        if (!row.ok()) return row.status();
        auto issuer = store::Decode<JwtIssuer>(*row);
        if (!issuer.ok()) return issuer.status();
        absl::Status status;
        if (masked) {
          status = ApplyMask(request.jwt_issuer(), request.update_mask(), kChangeable, &*issuer);
        }
        if (!status.ok()) return status;
        auto secret = JwtSecretAfter(*issuer, request.hs256_secret(), row->material, sealer_);
        if (!secret.ok()) return secret.status();
        status = CheckWrite(change.rows(), *issuer, *secret);
        if (status.ok())
          status = change.Put(JwtIssuerRow(*issuer, *secret, row->material, sealer_));
        if (!status.ok()) return status;
        *response.mutable_jwt_issuer() = *std::move(issuer);
        return base::Cat("jwt issuer ", name, " changed");
      });
  if (!revision.ok()) return revision.status();
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<admin::v1::DeleteJwtIssuerResponse> JwtIssuerOps::Delete(
    const Caller& caller, const admin::v1::DeleteJwtIssuerRequest& request) {
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto row = FindRow(change.rows(), request.name());
        if (!row.ok()) return row.status();
        absl::Status status = change.Erase(ResourceKind::kJwtIssuer, row->id);
        if (!status.ok()) return status;
        return base::Cat("jwt issuer ", row->name, " deleted");
      });
  if (!revision.ok()) return revision.status();
  admin::v1::DeleteJwtIssuerResponse response;
  response.set_revision(*revision);
  return response;
}

}  // namespace sluice::ops
