#include "controlplane/store/secret_rows.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include "common/base/text.h"
#include "controlplane/store/history_check.h"
#include "controlplane/store/resource.h"
#include "controlplane/store/sqlite_status.h"

namespace sluice::store {
namespace {

// What has such secrets, and those of them that hold one: kinds as in store::ResourceKind.
constexpr std::string_view kEverywhere = R"sql(
  WITH secret AS (
    SELECT kind, id, body, material FROM resource WHERE kind IN (3, 5) AND material <> x''
    UNION ALL SELECT kind, id, before_body, before_material FROM change_item
      WHERE kind IN (3, 5) AND before_body IS NOT NULL AND before_material <> x''
    UNION ALL SELECT kind, id, after_body, after_material FROM change_item
      WHERE kind IN (3, 5) AND after_body IS NOT NULL AND after_material <> x'')
)sql";
// The same of one owner: ?1 its kind, ?2 its id.
constexpr std::string_view kOfOne = R"sql(
  WITH secret AS (
    SELECT kind, id, body, material FROM resource
      WHERE kind = ?1 AND id = ?2 AND material <> x''
    UNION ALL SELECT kind, id, before_body, before_material FROM change_item
      WHERE kind = ?1 AND id = ?2 AND before_body IS NOT NULL AND before_material <> x''
    UNION ALL SELECT kind, id, after_body, after_material FROM change_item
      WHERE kind = ?1 AND id = ?2 AND after_body IS NOT NULL AND after_material <> x'')
)sql";
static_assert(static_cast<int>(ResourceKind::kProviderKey) == 3 &&
              static_cast<int>(ResourceKind::kJwtIssuer) == 5);
constexpr std::string_view kEachOnce =
    "SELECT kind, id, min(body), material FROM secret GROUP BY kind, id, material";

void Bind(SQLite::Statement& statement, int index, std::string_view bytes) {
  statement.bind(index, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

ResourceKey OwnerAt(SQLite::Statement& statement) {
  return {static_cast<ResourceKind>(statement.getColumn(0).getInt()),
          statement.getColumn(1).getString()};
}

std::vector<StoredSecret> Listed(SQLite::Statement& statement) {
  std::vector<StoredSecret> secrets;
  while (statement.executeStep()) {
    secrets.push_back({OwnerAt(statement), statement.getColumn(2).getString(),
                       statement.getColumn(3).getString()});
  }
  return secrets;
}

}  // namespace

absl::Status SecretRows::CheckHistory() const {
  return Guarded("read the history", [&] { return CheckAgainstHistory(database_); });
}

absl::StatusOr<std::map<std::string, int64_t>> SecretRows::Count(std::string_view mark,
                                                                 size_t bytes) const {
  using Counts = std::map<std::string, int64_t>;
  return Guarded("read the secrets", [&]() -> absl::StatusOr<Counts> {
    SQLite::Statement statement(
        database_, base::Cat(kEverywhere,
                             "SELECT CASE WHEN substr(material, 1, ?1) = ?2 THEN "
                             "substr(material, 1, ?3) ELSE x'' END AS prefix, count(*) FROM "
                             "(SELECT DISTINCT kind, id, material FROM secret) GROUP BY prefix"));
    statement.bind(1, static_cast<int64_t>(mark.size()));
    Bind(statement, 2, mark);
    statement.bind(3, static_cast<int64_t>(bytes));
    Counts counts;
    while (statement.executeStep()) {
      counts[statement.getColumn(0).getString()] = statement.getColumn(1).getInt64();
    }
    return counts;
  });
}

absl::StatusOr<std::vector<StoredSecret>> SecretRows::All() const {
  return Guarded("read the secrets", [&]() -> absl::StatusOr<std::vector<StoredSecret>> {
    SQLite::Statement statement(database_, base::Cat(kEverywhere, kEachOnce));
    return Listed(statement);
  });
}

absl::StatusOr<std::vector<StoredSecret>> SecretRows::Of(const ResourceKey& owner) const {
  return Guarded("read the secrets", [&]() -> absl::StatusOr<std::vector<StoredSecret>> {
    SQLite::Statement statement(database_, base::Cat(kOfOne, kEachOnce));
    statement.bind(1, static_cast<int>(owner.kind));
    statement.bind(2, owner.id);
    return Listed(statement);
  });
}

absl::StatusOr<std::vector<StoredSecret>> SecretRows::InUse() const {
  return Guarded("read the secrets", [&]() -> absl::StatusOr<std::vector<StoredSecret>> {
    SQLite::Statement statement(database_,
                                "SELECT kind, id, body, material FROM resource WHERE kind IN "
                                "(3, 5) AND material <> x'' ORDER BY kind, id");
    return Listed(statement);
  });
}

absl::StatusOr<std::vector<ResourceKey>> SecretRows::Owners(const ResourceKey& after,
                                                            int limit) const {
  return Guarded("read the secrets", [&]() -> absl::StatusOr<std::vector<ResourceKey>> {
    // What is now was made by some change.
    SQLite::Statement statement(database_,
                                "SELECT DISTINCT kind, id FROM change_item WHERE kind IN (3, 5) "
                                "AND (kind, id) > (?, ?) ORDER BY kind, id LIMIT ?");
    statement.bind(1, static_cast<int>(after.kind));
    statement.bind(2, after.id);
    statement.bind(3, limit);
    std::vector<ResourceKey> owners;
    while (statement.executeStep()) owners.push_back(OwnerAt(statement));
    return owners;
  });
}

absl::Status SecretRows::Replace(const ResourceKey& owner, const std::string& material,
                                 const std::string& by) {
  return Guarded("write the secrets", [&] {
    for (const char* update :
         {"UPDATE resource SET material = ?4 WHERE kind = ?1 AND id = ?2 AND material = ?3",
          "UPDATE change_item SET before_material = ?4 "
          "WHERE kind = ?1 AND id = ?2 AND before_material = ?3",
          "UPDATE change_item SET after_material = ?4 "
          "WHERE kind = ?1 AND id = ?2 AND after_material = ?3"}) {
      SQLite::Statement statement(database_, update);
      statement.bind(1, static_cast<int>(owner.kind));
      statement.bind(2, owner.id);
      Bind(statement, 3, material);
      Bind(statement, 4, by);
      statement.exec();
    }
    return absl::OkStatus();
  });
}

absl::Status SecretRows::PutMeta(const std::string& key, const std::string& value) {
  return Guarded("write the database", [&] {
    SQLite::Statement statement(database_, "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)");
    statement.bind(1, key);
    Bind(statement, 2, value);
    statement.exec();
    return absl::OkStatus();
  });
}

}  // namespace sluice::store
