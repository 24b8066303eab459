// Store::NoteKeyUses and Store::KeyUses.
#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include "controlplane/store/resource.h"
#include "controlplane/store/sqlite_status.h"
#include "controlplane/store/store.h"

namespace sluice::store {

absl::Status Store::NoteKeyUses(const absl::flat_hash_map<std::string, absl::Time>& times) {
  absl::MutexLock lock(&writer_mutex_);
  return Guarded("write the uses of client keys", [&] {
    return InTransaction([&]() -> absl::Status {
      SQLite::Statement statement(
          *writer_,
          "INSERT INTO client_key_use(id, last_used_at) SELECT ?1, ?2 "
          "WHERE EXISTS(SELECT 1 FROM resource WHERE kind = ?3 AND id = ?1) "
          "ON CONFLICT(id) DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at)");
      for (const auto& [id, at] : times) {
        statement.bind(1, id);
        statement.bind(2, absl::ToUnixMicros(at));
        statement.bind(3, static_cast<int>(ResourceKind::kClientKey));
        statement.exec();
        statement.reset();
      }
      return absl::OkStatus();
    });
  });
}

absl::StatusOr<absl::flat_hash_map<std::string, absl::Time>> Store::KeyUses() {
  using Times = absl::flat_hash_map<std::string, absl::Time>;
  absl::MutexLock lock(&reader_mutex_);
  return Guarded("read the uses of client keys", [&]() -> absl::StatusOr<Times> {
    Times times;
    SQLite::Statement statement(*reader_, "SELECT id, last_used_at FROM client_key_use");
    while (statement.executeStep()) {
      times.emplace(statement.getColumn(0).getString(),
                    absl::FromUnixMicros(statement.getColumn(1).getInt64()));
    }
    return times;
  });
}

}  // namespace sluice::store
