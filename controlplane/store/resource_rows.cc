#include "controlplane/store/resource_rows.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "controlplane/store/history_check.h"
#include "controlplane/store/sqlite_status.h"

namespace sluice::store {
namespace {

constexpr char kSelect[] = "SELECT kind, id, name, body, material, revision FROM resource ";

ResourceRow RowAt(SQLite::Statement& statement) {
  ResourceRow row;
  row.kind = static_cast<ResourceKind>(statement.getColumn(0).getInt());
  row.id = statement.getColumn(1).getString();
  row.name = statement.getColumn(2).getString();
  row.body = statement.getColumn(3).getString();
  row.material = statement.getColumn(4).getString();
  row.revision = statement.getColumn(5).getInt64();
  return row;
}

std::optional<ResourceSpan::State> StateAt(SQLite::Statement& statement, int column) {
  if (statement.isColumnNull(column)) return std::nullopt;
  return ResourceSpan::State{statement.getColumn(column).getString(),
                             statement.getColumn(column + 1).getString()};
}

}  // namespace

absl::StatusOr<int64_t> ResourceRows::Revision() const {
  return Guarded("read the newest revision", [&]() -> absl::StatusOr<int64_t> {
    return database_.execAndGet("SELECT coalesce(max(revision), 0) FROM change").getInt64();
  });
}

absl::StatusOr<std::optional<ResourceRow>> ResourceRows::FindById(ResourceKind kind,
                                                                  std::string_view id) const {
  return Find(kind, "id", id);
}

absl::StatusOr<std::optional<ResourceRow>> ResourceRows::FindByName(ResourceKind kind,
                                                                    std::string_view name) const {
  return Find(kind, "name", name);
}

absl::StatusOr<std::optional<ResourceRow>> ResourceRows::Find(ResourceKind kind, const char* column,
                                                              std::string_view value) const {
  return Guarded("read the database", [&]() -> absl::StatusOr<std::optional<ResourceRow>> {
    SQLite::Statement statement(database_,
                                base::Cat(kSelect, "WHERE kind = ? AND ", column, " = ?"));
    statement.bind(1, static_cast<int>(kind));
    statement.bind(2, std::string(value));
    if (!statement.executeStep()) return std::nullopt;
    ResourceRow row = RowAt(statement);
    if (absl::Status status = CheckNewest(row); !status.ok()) return status;
    return row;
  });
}

absl::Status ResourceRows::CheckNewest(const ResourceRow& row) const {
  if (!IsSealedKind(row.kind)) return absl::OkStatus();
  if (own_revision_ != 0 && row.revision == own_revision_) return absl::OkStatus();
  SQLite::Statement newest(database_,
                           "SELECT revision, after_body, after_material FROM change_item WHERE "
                           "kind = ? AND id = ? ORDER BY revision DESC, position DESC LIMIT 1");
  newest.bind(1, static_cast<int>(row.kind));
  newest.bind(2, row.id);
  const bool same = newest.executeStep() && newest.getColumn(0).getInt64() == row.revision &&
                    StateAt(newest, 1) == ResourceSpan::State{row.body, row.material};
  return same ? absl::OkStatus() : NotOfTheHistory(row.kind, row.id);
}

absl::StatusOr<std::vector<ResourceRow>> ResourceRows::List(ResourceKind kind) const {
  return Guarded("read the database", [&]() -> absl::StatusOr<std::vector<ResourceRow>> {
    SQLite::Statement statement(database_, base::Cat(kSelect, "WHERE kind = ? ORDER BY id"));
    statement.bind(1, static_cast<int>(kind));
    std::vector<ResourceRow> rows;
    while (statement.executeStep()) {
      rows.push_back(RowAt(statement));
      if (absl::Status status = CheckNewest(rows.back()); !status.ok()) return status;
    }
    return rows;
  });
}

absl::StatusOr<int> ResourceRows::CountNamed(ResourceKind kind) const {
  return Guarded("read the database", [&]() -> absl::StatusOr<int> {
    SQLite::Statement statement(
        database_, "SELECT count(*) FROM resource WHERE kind = ? AND name IS NOT NULL");
    statement.bind(1, static_cast<int>(kind));
    statement.executeStep();
    return statement.getColumn(0).getInt();
  });
}

absl::StatusOr<std::vector<ResourceSpan>> ResourceRows::Between(int64_t from, int64_t to) const {
  return Guarded("read the history", [&]() -> absl::StatusOr<std::vector<ResourceSpan>> {
    SQLite::Statement statement(database_,
                                "SELECT kind, id, before_body, before_material, after_body, "
                                "after_material FROM change_item WHERE revision > ? AND "
                                "revision <= ? ORDER BY revision, position");
    statement.bind(1, from);
    statement.bind(2, to);
    std::map<std::pair<ResourceKind, std::string>, ResourceSpan> spans;
    while (statement.executeStep()) {
      const auto kind = static_cast<ResourceKind>(statement.getColumn(0).getInt());
      const std::string id = statement.getColumn(1).getString();
      auto [span, first] = spans.try_emplace({kind, id});
      if (first) span->second = {kind, id, StateAt(statement, 2), std::nullopt};
      span->second.after = StateAt(statement, 4);
    }
    std::vector<ResourceSpan> changed;
    for (auto& [key, span] : spans) {
      if (span.before != span.after) changed.push_back(std::move(span));
    }
    return changed;
  });
}

absl::StatusOr<std::vector<ResourceKey>> ResourceRows::Touched(int64_t from, int64_t to,
                                                               int limit) const {
  return Guarded("read the history", [&]() -> absl::StatusOr<std::vector<ResourceKey>> {
    SQLite::Statement statement(
        database_,
        "SELECT DISTINCT kind, id FROM change_item WHERE (revision > ?1 AND "
        "revision <= ?2) OR revision IN (SELECT revision FROM rollout "
        "WHERE revision <= ?2 AND (ended_revision IS NULL OR "
        "ended_revision > ?1)) LIMIT ?3");
    statement.bind(1, from);
    statement.bind(2, to);
    statement.bind(3, limit + 1);
    std::vector<ResourceKey> keys;
    while (statement.executeStep()) {
      keys.push_back({static_cast<ResourceKind>(statement.getColumn(0).getInt()),
                      statement.getColumn(1).getString()});
    }
    std::sort(keys.begin(), keys.end());
    return keys;
  });
}

}  // namespace sluice::store
