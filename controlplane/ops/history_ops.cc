#include "controlplane/ops/history_ops.h"

#include "common/base/text.h"
#include "controlplane/store/timestamp.h"

namespace sluice::ops {
namespace {

using store::ResourceKind;

constexpr int kDefaultChanges = 50;
constexpr int kMaxChanges = 1000;

}  // namespace

absl::StatusOr<admin::v1::ListChangesResponse> HistoryOps::ListChanges(
    const admin::v1::ListChangesRequest& request) {
  if (request.limit() < 0 || request.limit() > kMaxChanges) {
    return absl::InvalidArgumentError(
        base::Cat("limit ", request.limit(), " is not 0 to ", kMaxChanges));
  }
  if (request.before_revision() < 0) {
    return absl::InvalidArgumentError(
        base::Cat("before_revision ", request.before_revision(), " is below 0"));
  }
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  auto changes = (*reading)->Changes(request.before_revision(),
                                     request.limit() == 0 ? kDefaultChanges : request.limit());
  if (!changes.ok()) return changes.status();
  admin::v1::ListChangesResponse response;
  for (const store::ChangeRow& row : *changes) {
    admin::v1::Change* change = response.add_changes();
    change->set_revision(row.revision);
    *change->mutable_at() = store::ToTimestamp(row.at);
    change->set_actor(row.actor);
    change->set_rpc(row.rpc);
    change->set_summary(row.summary);
  }
  return response;
}

absl::StatusOr<int64_t> HistoryOps::NewestRevision() {
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  return (*reading)->rows().Revision();
}

absl::StatusOr<admin::v1::GetStatusResponse> HistoryOps::GetStatus() {
  auto epoch = store_.Epoch();
  if (!epoch.ok()) return epoch.status();
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  const store::ResourceRows& rows = (*reading)->rows();
  auto revision = rows.Revision();
  if (!revision.ok()) return revision.status();
  auto providers = rows.CountNamed(ResourceKind::kProvider);
  if (!providers.ok()) return providers.status();
  auto provider_keys = rows.CountNamed(ResourceKind::kProviderKey);
  if (!provider_keys.ok()) return provider_keys.status();
  auto client_keys = rows.CountNamed(ResourceKind::kClientKey);
  if (!client_keys.ok()) return client_keys.status();
  admin::v1::GetStatusResponse response;
  response.set_epoch(*epoch);
  response.set_revision(*revision);
  response.set_providers(*providers);
  response.set_provider_keys(*provider_keys);
  response.set_client_keys(*client_keys);
  return response;
}

}  // namespace sluice::ops
