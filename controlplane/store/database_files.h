// The files of a database that nobody has open yet, for who holds its lock.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace sluice::store {

// What stands between the name of a database and the random end of a temporary file beside it.
inline constexpr char kBackupSuffix[] = ".backup-";
inline constexpr char kRestoreSuffix[] = ".restore-";

// Makes an empty file (mode 0600) if there is none, before SQLite opens it.
absl::Status CreateEmptyFile(const std::string& path);

// Removes the temporary files that a backup or restore left beside `database` when it was cut
// short. Best effort.
void RemoveLeftOvers(const std::string& database);

// Renames a database with all that belongs to it, whole or damaged; nothing happens where there is
// none. Not yet safe from a power loss: the caller syncs the folder.
absl::Status MoveDatabase(const std::string& from, const std::string& to);

}  // namespace sluice::store
