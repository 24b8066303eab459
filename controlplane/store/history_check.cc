#include "controlplane/store/history_check.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include "common/base/text.h"

namespace sluice::store {

absl::Status NotOfTheHistory(ResourceKind kind, std::string_view id) {
  return absl::DataLossError(
      base::Cat(KindName(kind), " \"", base::Escaped(id),
                "\" is not in the database as its history has it last: the row was put back from "
                "an earlier time, or changed by hand; restore a backup"));
}

absl::Status CheckAgainstHistory(SQLite::Database& database) {
  // Beside max() SQLite takes the other columns from the row that has it.
  SQLite::Statement strays(database, R"sql(
    WITH newest AS (
      SELECT kind, id, revision, after_body, after_material, max(revision * 1048576 + position)
      FROM change_item GROUP BY kind, id)
    SELECT resource.kind, resource.id FROM resource
      LEFT JOIN newest ON newest.kind = resource.kind AND newest.id = resource.id
      WHERE newest.revision IS NOT resource.revision OR newest.after_body IS NOT resource.body
        OR newest.after_material IS NOT resource.material
      LIMIT 1
  )sql");
  if (!strays.executeStep()) return absl::OkStatus();
  return NotOfTheHistory(static_cast<ResourceKind>(strays.getColumn(0).getInt()),
                         strays.getColumn(1).getString());
}

}  // namespace sluice::store
