#include "controlplane/store/change.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <utility>

#include "common/base/text.h"
#include "controlplane/store/audit_log.h"
#include "controlplane/store/sqlite_status.h"

namespace sluice::store {
namespace {

void BindBlob(SQLite::Statement& statement, int index, const std::string& bytes) {
  // A null pointer would bind NULL, which an empty blob is not.
  statement.bind(index, bytes.empty() ? "" : static_cast<const void*>(bytes.data()),
                 static_cast<int>(bytes.size()));
}

void BindState(SQLite::Statement& statement, int index, const std::optional<ResourceRow>& row) {
  if (!row) return;  // stays NULL
  BindBlob(statement, index, row->body);
  BindBlob(statement, index + 1, row->material);
}

bool SameContent(const ResourceRow& a, const ResourceRow& b) {
  return a.name == b.name && a.body == b.body && a.material == b.material;
}

}  // namespace

Change::Change(absl::Mutex& mutex, SQLite::Database& database, ChangeInfo info)
    : lock_(&mutex), database_(database), rows_(database), info_(std::move(info)) {
  database_.exec("BEGIN IMMEDIATE");
  open_ = true;
  // An exception from here on would skip the destructor.
  auto newest = rows_.Revision();
  if (newest.ok()) {
    newest_ = *newest;
    rows_.Own(newest_ + 1);
    failed_ = LoadRollout();
  } else {
    failed_ = newest.status();
  }
}

absl::Status Change::LoadRollout() {
  auto active = rollouts().Active();
  if (!active.ok()) return active.status();
  active_rollout_ = *std::move(active);
  if (!active_rollout_.has_value()) return absl::OkStatus();
  auto held = rollouts().Held(*active_rollout_);
  if (!held.ok()) return held.status();
  for (const ResourceSpan& span : *held) held_.insert({span.kind, span.id});
  return absl::OkStatus();
}

absl::Status Change::CheckFree(ResourceKind kind, std::string_view id) {
  if (end_rollout_.has_value() || !held_.contains({kind, std::string(id)})) return absl::OkStatus();
  return absl::FailedPreconditionError(
      base::Cat(KindName(kind), " \"", id, "\" is part of the rollout of revision ",
                active_rollout_->revision, ": promote or abort that first"));
}

absl::StatusOr<RolloutRow> Change::EndRollout(bool promoted, const std::string& reason) {
  if (!failed_.ok()) return failed_;
  if (!active_rollout_.has_value()) {
    return Keep(absl::FailedPreconditionError("no rollout is under way"));
  }
  end_rollout_ = Ending{promoted, reason};
  return *active_rollout_;
}

void Change::WriteRollout() {
  const int64_t revision = newest_ + 1;
  if (end_rollout_.has_value()) {
    rollouts().End(active_rollout_->revision, revision, end_rollout_->promoted,
                   end_rollout_->reason);
  }
  if (!begin_rollout_.has_value()) return;
  RolloutRow row;
  row.revision = revision;
  row.terms = *begin_rollout_;
  row.actor = info_.actor;
  row.started_at = info_.at;
  rollouts().Insert(row);
}

Change::~Change() { Undo(); }

void Change::Undo() {
  // SQLite may have rolled back by itself after a full disk; then this has nothing to do.
  if (open_) database_.tryExec("ROLLBACK");
  open_ = false;
}

absl::Status Change::Keep(absl::Status status) {
  if (!status.ok() && failed_.ok()) failed_ = status;
  return status;
}

absl::Status Change::Put(const ResourceRow& row) {
  if (!failed_.ok()) return failed_;
  return Keep(Guarded("write the database", [&] { return PutRow(row); }));
}

absl::Status Change::PutRow(const ResourceRow& row) {
  auto before = rows_.FindById(row.kind, row.id);
  if (!before.ok()) return before.status();
  if (before->has_value() && SameContent(**before, row)) return absl::OkStatus();
  if (absl::Status free = CheckFree(row.kind, row.id); !free.ok()) return free;
  if (!row.name.empty()) {
    auto holder = rows_.FindByName(row.kind, row.name);
    if (!holder.ok()) return holder.status();
    if (holder->has_value() && (*holder)->id != row.id) {
      return absl::AlreadyExistsError(
          base::Cat(KindName(row.kind), " \"", row.name, "\" exists already"));
    }
  }
  SQLite::Statement statement(
      database_,
      "INSERT INTO resource(kind, id, name, body, material, revision) VALUES(?, ?, ?, ?, ?, ?) "
      "ON CONFLICT(kind, id) DO UPDATE SET name = excluded.name, body = excluded.body, "
      "material = excluded.material, revision = excluded.revision");
  statement.bind(1, static_cast<int>(row.kind));
  statement.bind(2, row.id);
  if (!row.name.empty()) statement.bind(3, row.name);
  BindBlob(statement, 4, row.body);
  BindBlob(statement, 5, row.material);
  statement.bind(6, newest_ + 1);
  statement.exec();
  items_.push_back({row.kind, row.id, *std::move(before), row});
  return absl::OkStatus();
}

absl::Status Change::Erase(ResourceKind kind, std::string_view id) {
  if (!failed_.ok()) return failed_;
  return Keep(Guarded("write the database", [&] { return EraseRow(kind, id); }));
}

absl::Status Change::EraseRow(ResourceKind kind, std::string_view id) {
  auto before = rows_.FindById(kind, id);
  if (!before.ok()) return before.status();
  if (!before->has_value()) {
    return absl::NotFoundError(base::Cat("there is no ", KindName(kind), " \"", id, "\""));
  }
  if (absl::Status free = CheckFree(kind, id); !free.ok()) return free;
  SQLite::Statement statement(database_, "DELETE FROM resource WHERE kind = ? AND id = ?");
  statement.bind(1, static_cast<int>(kind));
  statement.bind(2, std::string(id));
  statement.exec();
  items_.push_back({kind, std::string(id), *std::move(before), std::nullopt});
  return absl::OkStatus();
}

absl::StatusOr<Committed> Change::Commit(std::string_view summary) {
  if (!failed_.ok()) return failed_;
  if (!open_) return absl::InternalError("a change was committed twice");
  if (!changes_anything()) {
    Undo();
    return Committed{newest_, false};
  }
  absl::Status status = Guarded("write the database", [&]() -> absl::Status {
    InsertChange(summary);
    InsertItems();
    WriteRollout();
    InsertAudit(summary);
    database_.exec("COMMIT");
    return absl::OkStatus();
  });
  if (!status.ok()) {
    Undo();
    return Keep(status);
  }
  open_ = false;
  return Committed{newest_ + 1, true};
}

void Change::InsertChange(std::string_view summary) {
  SQLite::Statement statement(
      database_, "INSERT INTO change(revision, at, actor, rpc, summary) VALUES(?, ?, ?, ?, ?)");
  statement.bind(1, newest_ + 1);
  statement.bind(2, absl::ToUnixMicros(info_.at));
  statement.bind(3, info_.actor);
  statement.bind(4, info_.rpc);
  statement.bind(5, std::string(summary));
  statement.exec();
}

void Change::InsertItems() {
  for (size_t position = 0; position < items_.size(); ++position) {
    const ChangeItem& item = items_[position];
    SQLite::Statement statement(
        database_,
        "INSERT INTO change_item(revision, position, kind, id, before_body, before_material, "
        "after_body, after_material) VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
    statement.bind(1, newest_ + 1);
    statement.bind(2, static_cast<int64_t>(position));
    statement.bind(3, static_cast<int>(item.kind));
    statement.bind(4, item.id);
    BindState(statement, 5, item.before);
    BindState(statement, 7, item.after);
    statement.exec();
  }
}

void Change::InsertAudit(std::string_view summary) {
  AuditEntry entry;
  entry.revision = newest_ + 1;
  entry.at = info_.at;
  entry.actor = info_.actor;
  entry.token = info_.token;
  entry.peer = info_.peer;
  entry.rpc = info_.rpc;
  entry.summary = std::string(summary);
  entry.detail = DescribeItems(items_);
  AppendAudit(database_, std::move(entry));
}

}  // namespace sluice::store
