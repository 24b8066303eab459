#include "controlplane/ops/history_ops.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/text.h"
#include "controlplane/store/timestamp.h"

namespace sluice::ops {
namespace {

using store::ResourceKind;

constexpr int kDefaultEntries = 50;
constexpr int kMaxEntries = 1000;

// `before_field` names the field that `before` is of.
absl::Status CheckPage(int limit, std::string_view before_field, int64_t before) {
  if (limit < 0 || limit > kMaxEntries) {
    return absl::InvalidArgumentError(base::Cat("limit ", limit, " is not 0 to ", kMaxEntries));
  }
  if (before < 0) {
    return absl::InvalidArgumentError(base::Cat(before_field, " ", before, " is below 0"));
  }
  return absl::OkStatus();
}

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

}  // namespace

absl::StatusOr<admin::v1::ListChangesResponse> HistoryOps::ListChanges(
    const admin::v1::ListChangesRequest& request) {
  absl::Status page = CheckPage(request.limit(), "before_revision", request.before_revision());
  if (!page.ok()) return page;
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  auto changes = (*reading)->Changes(request.before_revision(),
                                     request.limit() == 0 ? kDefaultEntries : request.limit());
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

absl::StatusOr<admin::v1::ListAuditResponse> HistoryOps::ListAudit(
    const admin::v1::ListAuditRequest& request) {
  absl::Status page = CheckPage(request.limit(), "before_id", request.before_id());
  if (!page.ok()) return page;
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  auto entries = (*reading)->Audit(request.before_id(),
                                   request.limit() == 0 ? kDefaultEntries : request.limit());
  if (!entries.ok()) return entries.status();
  admin::v1::ListAuditResponse response;
  for (const store::AuditEntry& entry : *entries) {
    admin::v1::AuditEntry* message = response.add_entries();
    message->set_id(entry.id);
    message->set_revision(entry.revision.value_or(0));
    *message->mutable_at() = store::ToTimestamp(entry.at);
    message->set_actor(entry.actor);
    message->set_token_id(entry.token);
    message->set_peer(entry.peer);
    message->set_rpc(entry.rpc);
    message->set_summary(entry.summary);
    message->set_detail(entry.detail);
    message->set_hash(Hex(entry.hash));
  }
  return response;
}

absl::StatusOr<admin::v1::VerifyAuditResponse> HistoryOps::VerifyAudit() {
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  auto verdict = (*reading)->CheckAudit();
  if (!verdict.ok()) return verdict.status();
  admin::v1::VerifyAuditResponse response;
  response.set_intact(verdict->broken_at == 0);
  response.set_entries(verdict->entries);
  response.set_head(Hex(verdict->head));
  response.set_broken_at(verdict->broken_at);
  return response;
}

absl::Status HistoryOps::Record(const Caller& caller, const std::string& summary, absl::Time now) {
  store::AuditEntry entry = EntryOf(caller, now);
  entry.summary = summary;
  return store_.Record(std::move(entry));
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
