#include "controlplane/store/reading.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <limits>

#include "controlplane/store/sqlite_status.h"

namespace sluice::store {

Reading::Reading(absl::Mutex& mutex, SQLite::Database& database)
    : lock_(&mutex), database_(database), rows_(database) {
  database_.exec("BEGIN");
}

Reading::~Reading() { database_.tryExec("ROLLBACK"); }

absl::StatusOr<std::vector<ChangeRow>> Reading::Changes(int64_t before, int limit) const {
  return Guarded("read the history", [&]() -> absl::StatusOr<std::vector<ChangeRow>> {
    SQLite::Statement statement(database_,
                                "SELECT revision, at, actor, rpc, summary FROM change "
                                "WHERE revision < ? ORDER BY revision DESC LIMIT ?");
    statement.bind(1, before > 0 ? before : std::numeric_limits<int64_t>::max());
    statement.bind(2, limit);
    std::vector<ChangeRow> changes;
    while (statement.executeStep()) {
      changes.push_back({statement.getColumn(0).getInt64(),
                         absl::FromUnixMicros(statement.getColumn(1).getInt64()),
                         statement.getColumn(2).getString(), statement.getColumn(3).getString(),
                         statement.getColumn(4).getString()});
    }
    return changes;
  });
}

absl::StatusOr<std::string> Reading::Lineage(int64_t revision) const {
  return Guarded("read the audit", [&]() -> absl::StatusOr<std::string> {
    SQLite::Statement statement(database_,
                                "SELECT hash FROM audit WHERE revision = ? ORDER BY id LIMIT 1");
    statement.bind(1, revision);
    if (!statement.executeStep()) return "";
    return statement.getColumn(0).getString();
  });
}

absl::StatusOr<std::vector<AuditEntry>> Reading::Audit(int64_t before, int limit) const {
  return Guarded("read the audit", [&]() -> absl::StatusOr<std::vector<AuditEntry>> {
    return ListAudit(database_, before, limit);
  });
}

absl::StatusOr<AuditVerdict> Reading::CheckAudit() const {
  return Guarded("read the audit",
                 [&]() -> absl::StatusOr<AuditVerdict> { return VerifyAudit(database_); });
}

}  // namespace sluice::store
