// The only way to write configuration: a transaction that cannot commit without its change row (the
// next revision) and its audit row. Whatever fails, all of it fails, and the store is as it was.
//
// Holds the store's writing connection from Begin to its end, so keep it short. One thread. What
// was not committed when it ends is undone.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/store/audit_detail.h"
#include "controlplane/store/resource_rows.h"
#include "controlplane/store/rollout_rows.h"

namespace sluice::store {

struct ChangeInfo {
  std::string actor;  // name of the token
  std::string token;  // its public id
  std::string peer;
  std::string rpc;
  absl::Time at;
};

struct Committed {
  int64_t revision = 0;
  bool changed = false;  // false: nothing differed, `revision` is the newest as before
};

class Change {
 public:
  // Made by Store::Begin. Waits for the mutex; throws SQLite::Exception.
  Change(absl::Mutex& mutex, SQLite::Database& database, ChangeInfo info);
  ~Change();
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  // As this change has made them so far.
  const ResourceRows& rows() const { return rows_; }
  // The rollout under way as the change began, if there is one.
  const std::optional<RolloutRow>& active_rollout() const { return active_rollout_; }
  RolloutRows rollouts() const { return RolloutRows(database_); }
  bool ends_rollout() const { return end_rollout_.has_value(); }
  bool changes_anything() const { return !items_.empty() || end_rollout_.has_value(); }

  // Inserts or replaces; a row that is already so is no change. AlreadyExists if another resource
  // has the name; FailedPrecondition if a rollout holds the resource. After an error Commit returns
  // that error.
  absl::Status Put(const ResourceRow& row);
  // NotFound if there is none.
  absl::Status Erase(ResourceKind kind, std::string_view id);

  // The change is for canaries first. Ignored if it turns out to change nothing.
  void BeginRollout(RolloutTerms terms) { begin_rollout_ = std::move(terms); }
  // From here on what the active rollout holds can be written. Makes a revision, whatever else
  // changes. FailedPrecondition if none is active.
  absl::StatusOr<RolloutRow> EndRollout(bool promoted, const std::string& reason);

  // Durable when it returns. `summary` is one line for people, e.g. "provider x created".
  absl::StatusOr<Committed> Commit(std::string_view summary);

 private:
  // FailedPrecondition if an active rollout holds the resource.
  absl::Status CheckFree(ResourceKind kind, std::string_view id);
  absl::Status LoadRollout();
  void WriteRollout();
  absl::Status PutRow(const ResourceRow& row);
  absl::Status EraseRow(ResourceKind kind, std::string_view id);
  absl::Status Keep(absl::Status status);
  void InsertChange(std::string_view summary);
  void InsertItems();
  void InsertAudit(std::string_view summary);
  void Undo();

  absl::MutexLock lock_;
  SQLite::Database& database_;
  ResourceRows rows_;
  ChangeInfo info_;
  int64_t newest_ = 0;
  bool open_ = false;
  absl::Status failed_;
  std::vector<ChangeItem> items_;
  std::optional<RolloutRow> active_rollout_;
  std::set<ResourceKey> held_;  // by it
  std::optional<RolloutTerms> begin_rollout_;
  struct Ending {
    bool promoted = false;
    std::string reason;
  };
  std::optional<Ending> end_rollout_;
};

}  // namespace sluice::store
