#include "controlplane/store/rollout_rows.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include "controlplane/store/sqlite_status.h"

namespace sluice::store {

absl::StatusOr<std::optional<RolloutRow>> RolloutRows::Last() const {
  return Guarded("read the rollouts", [&]() -> absl::StatusOr<std::optional<RolloutRow>> {
    SQLite::Statement statement(
        database_,
        "SELECT revision, selector, threshold, max_error_percent, actor, started_at, "
        "ended_revision, promoted, reason FROM rollout ORDER BY revision DESC LIMIT 1");
    if (!statement.executeStep()) return std::nullopt;
    RolloutRow row;
    row.revision = statement.getColumn(0).getInt64();
    row.terms = {statement.getColumn(1).getString(), statement.getColumn(2).getInt64(),
                 statement.getColumn(3).getDouble()};
    row.actor = statement.getColumn(4).getString();
    row.started_at = absl::FromUnixMicros(statement.getColumn(5).getInt64());
    row.ended_revision = statement.getColumn(6).getInt64();
    row.promoted = statement.getColumn(7).getInt() != 0;
    row.reason = statement.getColumn(8).getString();
    return row;
  });
}

absl::StatusOr<std::optional<RolloutRow>> RolloutRows::Active() const {
  auto last = Last();
  if (last.ok() && last->has_value() && !(*last)->active()) return std::optional<RolloutRow>();
  return last;
}

absl::StatusOr<std::vector<ResourceSpan>> RolloutRows::Held(const RolloutRow& rollout) const {
  return ResourceRows(database_).Between(rollout.revision - 1, rollout.revision);
}

void RolloutRows::Insert(const RolloutRow& rollout) {
  SQLite::Statement statement(
      database_,
      "INSERT INTO rollout(revision, selector, threshold, max_error_percent, actor, started_at) "
      "VALUES(?, ?, ?, ?, ?, ?)");
  statement.bind(1, rollout.revision);
  statement.bind(2, rollout.terms.selector);
  statement.bind(3, rollout.terms.threshold);
  statement.bind(4, rollout.terms.max_error_percent);
  statement.bind(5, rollout.actor);
  statement.bind(6, absl::ToUnixMicros(rollout.started_at));
  statement.exec();
}

void RolloutRows::End(int64_t revision, int64_t ended_revision, bool promoted,
                      const std::string& reason) {
  SQLite::Statement statement(
      database_,
      "UPDATE rollout SET ended_revision = ?, promoted = ?, reason = ? WHERE revision = ?");
  statement.bind(1, ended_revision);
  statement.bind(2, promoted ? 1 : 0);
  statement.bind(3, reason);
  statement.bind(4, revision);
  statement.exec();
}

}  // namespace sluice::store
