#include "controlplane/ops/settings_ops.h"

#include <string>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "common/wire/settings.h"
#include "controlplane/ops/field_mask.h"
#include "controlplane/store/resource_rows.h"

namespace sluice::ops {
namespace {

using config::v1::Settings;
using store::ResourceKind;

absl::StatusOr<Settings> Stored(const store::ResourceRows& rows) {
  auto row = rows.FindById(ResourceKind::kSettings, store::kSettingsId);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return Settings();
  return store::Decode<Settings>(**row);
}

}  // namespace

absl::StatusOr<admin::v1::GetSettingsResponse> SettingsOps::Get() {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  auto revision = (*reading)->rows().Revision();
  if (!revision.ok()) return revision.status();
  auto settings = Stored((*reading)->rows());
  if (!settings.ok()) return settings.status();
  admin::v1::GetSettingsResponse response;
  *response.mutable_settings() = wire::WithDefaults(*settings);
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<admin::v1::UpdateSettingsResponse> SettingsOps::Update(
    const Caller& caller, const admin::v1::UpdateSettingsRequest& request) {
  admin::v1::UpdateSettingsResponse response;
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto settings = Stored(change.rows());
        if (!settings.ok()) return settings.status();
        const std::string before = settings->SerializeAsString();
        absl::Status status = ApplyMask(request.settings(), request.update_mask(), {}, &*settings);
        if (status.ok()) status = wire::ToStatus(wire::CheckSettings(*settings));
        // No row and an empty one are the same settings.
        if (status.ok() && settings->SerializeAsString() != before) {
          status = change.Put(store::RowOf(*settings));
        }
        if (!status.ok()) return status;
        *response.mutable_settings() = wire::WithDefaults(*settings);
        return base::Cat("settings changed: ", absl::StrJoin(request.update_mask().paths(), ", "));
      });
  if (!revision.ok()) return revision.status();
  response.set_revision(*revision);
  return response;
}

}  // namespace sluice::ops
