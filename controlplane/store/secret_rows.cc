#include "controlplane/store/secret_rows.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include "common/base/text.h"
#include "controlplane/store/history_check.h"
#include "controlplane/store/resource.h"
#include "controlplane/store/sqlite_status.h"

namespace sluice::store {
namespace {

constexpr int kKind = static_cast<int>(ResourceKind::kProviderKey);

// ?1: the kind; ?2 and ?3: ids from and up to.
constexpr std::string_view kEverywhere = R"sql(
  WITH secret AS (
    SELECT id, body, material FROM resource WHERE kind = ?1 AND id BETWEEN ?2 AND ?3
    UNION ALL SELECT id, before_body, before_material FROM change_item
      WHERE kind = ?1 AND id BETWEEN ?2 AND ?3 AND before_body IS NOT NULL
    UNION ALL SELECT id, after_body, after_material FROM change_item
      WHERE kind = ?1 AND id BETWEEN ?2 AND ?3 AND after_body IS NOT NULL)
)sql";
constexpr char kLastId[] = "\x7f";  // ids are of letters and digits

void Bind(SQLite::Statement& statement, int index, std::string_view bytes) {
  statement.bind(index, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

std::vector<StoredSecret> Listed(SQLite::Statement& statement) {
  std::vector<StoredSecret> secrets;
  while (statement.executeStep()) {
    secrets.push_back({statement.getColumn(0).getString(), statement.getColumn(1).getString(),
                       statement.getColumn(2).getString()});
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
                             "SELECT CASE WHEN substr(material, 1, ?4) = ?5 THEN "
                             "substr(material, 1, ?6) ELSE x'' END AS prefix, count(*) "
                             "FROM (SELECT DISTINCT id, material FROM secret) GROUP BY prefix"));
    statement.bind(1, kKind);
    statement.bind(2, "");
    statement.bind(3, kLastId);
    statement.bind(4, static_cast<int64_t>(mark.size()));
    Bind(statement, 5, mark);
    statement.bind(6, static_cast<int64_t>(bytes));
    Counts counts;
    while (statement.executeStep()) {
      counts[statement.getColumn(0).getString()] = statement.getColumn(1).getInt64();
    }
    return counts;
  });
}

absl::StatusOr<std::vector<StoredSecret>> SecretRows::All() const { return Between("", kLastId); }

absl::StatusOr<std::vector<StoredSecret>> SecretRows::Of(std::string_view id) const {
  return Between(id, id);
}

absl::StatusOr<std::vector<StoredSecret>> SecretRows::Between(std::string_view first,
                                                              std::string_view last) const {
  return Guarded("read the secrets", [&]() -> absl::StatusOr<std::vector<StoredSecret>> {
    SQLite::Statement statement(
        database_,
        base::Cat(kEverywhere, "SELECT id, min(body), material FROM secret GROUP BY id, material"));
    statement.bind(1, kKind);
    statement.bind(2, std::string(first));
    statement.bind(3, std::string(last));
    return Listed(statement);
  });
}

absl::StatusOr<std::vector<StoredSecret>> SecretRows::InUse() const {
  return Guarded("read the secrets", [&]() -> absl::StatusOr<std::vector<StoredSecret>> {
    SQLite::Statement statement(
        database_, "SELECT id, body, material FROM resource WHERE kind = ? ORDER BY id");
    statement.bind(1, kKind);
    return Listed(statement);
  });
}

absl::StatusOr<std::vector<std::string>> SecretRows::Ids(std::string_view after, int limit) const {
  return Guarded("read the secrets", [&]() -> absl::StatusOr<std::vector<std::string>> {
    // A key that is now was made by some change.
    SQLite::Statement statement(database_,
                                "SELECT DISTINCT id FROM change_item WHERE kind = ? AND id > ? "
                                "ORDER BY id LIMIT ?");
    statement.bind(1, kKind);
    statement.bind(2, std::string(after));
    statement.bind(3, limit);
    std::vector<std::string> ids;
    while (statement.executeStep()) ids.push_back(statement.getColumn(0).getString());
    return ids;
  });
}

absl::Status SecretRows::Replace(std::string_view id, const std::string& material,
                                 const std::string& by) {
  return Guarded("write the secrets", [&] {
    for (const char* update :
         {"UPDATE resource SET material = ?4 WHERE kind = ?1 AND id = ?2 AND material = ?3",
          "UPDATE change_item SET before_material = ?4 "
          "WHERE kind = ?1 AND id = ?2 AND before_material = ?3",
          "UPDATE change_item SET after_material = ?4 "
          "WHERE kind = ?1 AND id = ?2 AND after_material = ?3"}) {
      SQLite::Statement statement(database_, update);
      statement.bind(1, kKind);
      statement.bind(2, std::string(id));
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
