#include "controlplane/store/resource_rows.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <string>

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
    return RowAt(statement);
  });
}

absl::StatusOr<std::vector<ResourceRow>> ResourceRows::List(ResourceKind kind) const {
  return Guarded("read the database", [&]() -> absl::StatusOr<std::vector<ResourceRow>> {
    SQLite::Statement statement(database_, base::Cat(kSelect, "WHERE kind = ? ORDER BY id"));
    statement.bind(1, static_cast<int>(kind));
    std::vector<ResourceRow> rows;
    while (statement.executeStep()) rows.push_back(RowAt(statement));
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

}  // namespace sluice::store
