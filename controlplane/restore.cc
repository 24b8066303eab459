#include "controlplane/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "controlplane/master_key_source.h"
#include "controlplane/sealed_state.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/backup_check.h"
#include "controlplane/store/database_files.h"
#include "controlplane/store/lock_file.h"

namespace sluice::controlplane {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

absl::Status SystemError(std::string_view what, const std::string& path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, base::Cat("cannot ", what, " ", path));
}

bool Exists(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0;
}

// An empty file is what a start that was cut short leaves.
bool HoldsSomething(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && found.st_size > 0;
}

absl::Status CheckMasterKey(const store::BackupContents& contents, const StorePaths& paths,
                            const std::string& file) {
  auto key = ReadMasterKeys(paths);
  if (absl::IsNotFound(key.status())) {
    return absl::FailedPreconditionError(
        base::Cat("there is no master key file ", paths.master_key_file,
                  ", and without the one of the backup its provider keys cannot be opened: name it "
                  "with --master-key-file"));
  }
  if (!key.ok()) return key.status();
  const sealing::Sealer sealer(*std::move(key));
  const auto meta = [&contents](std::string_view name) {
    const auto found = contents.meta.find(std::string(name));
    return found == contents.meta.end() ? std::string() : found->second;
  };
  SealedState state;
  state.title = base::Cat("backup ", file);
  state.check_value = meta(kMasterKeyCheck);
  state.master_key_id = meta(kMasterKeyId);
  for (const store::StoredSecret& secret : contents.secrets) {
    ++state.counts[secret.material.substr(0, sealing::kSealedPrefixBytes)];
  }
  state.secrets = contents.secrets;
  return CheckSealed(state, sealer, paths);
}

absl::Status CopyPieces(int fd, const std::string& from, base::AtomicFile& to) {
  std::string piece(kPieceBytes, '\0');
  for (;;) {
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("read the backup", from);
    if (got == 0) return to.Sync();
    const absl::Status status =
        to.Append(std::string_view(piece).substr(0, static_cast<size_t>(got)));
    if (!status.ok()) return status;
  }
}

// On the disk when it returns, not yet in place.
absl::StatusOr<base::AtomicFile> CopyBeside(const std::string& file, const std::string& database) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError("open the backup", file);
  const auto closer = absl::MakeCleanup([fd] { close(fd); });
  auto copy = base::AtomicFile::Create(database, 0600, store::kRestoreSuffix);
  if (!copy.ok()) return copy.status();
  if (absl::Status status = CopyPieces(fd, file, *copy); !status.ok()) return status;
  return copy;
}

absl::Status PutInPlace(const StorePaths& paths, const std::string& file,
                        const std::string& aside) {
  auto copy = CopyBeside(file, paths.database);
  if (!copy.ok()) return copy.status();
  if (!HoldsSomething(paths.database)) unlink(paths.database.c_str());
  absl::Status status = store::MoveDatabase(paths.database, aside);
  if (status.ok()) status = copy->Commit();
  if (status.ok() || !Exists(aside)) return status;
  return absl::Status(status.code(), base::Cat(base::ToStd(status.message()),
                                               "; the database before is now ", aside));
}

std::string Done(const StorePaths& paths, const std::string& file,
                 const store::BackupContents& contents, const std::string& aside) {
  return base::Cat("restored ", paths.database, " from ", file, ": revision ", contents.revision,
                   ", epoch ", contents.meta.at("epoch"),
                   aside.empty() ? "" : base::Cat("; the one before is kept as ", aside));
}

}  // namespace

absl::StatusOr<std::string> RestoreDatabase(const StorePaths& paths, const RestoreOptions& options,
                                            absl::Time now) {
  const bool exists = HoldsSomething(paths.database);
  if (exists && !options.replace) {
    return absl::FailedPreconditionError(
        base::Cat("the database ", paths.database,
                  " exists already: say --replace to have it kept aside, or name another file with "
                  "--database"));
  }
  auto contents = store::InspectBackup(options.file);
  if (!contents.ok()) return contents.status();
  absl::Status status = CheckMasterKey(*contents, paths, options.file);
  if (status.ok()) status = base::MakeFolder(FolderOf(paths.database));
  if (!status.ok()) return status;
  auto lock = store::LockFile::Acquire(paths.database);
  if (!lock.ok()) return lock.status();
  const std::string aside = base::Cat(paths.database, ".replaced-",
                                      absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone()));
  if (Exists(aside)) {
    return absl::AlreadyExistsError(base::Cat(aside, " exists already: try again"));
  }
  status = PutInPlace(paths, options.file, aside);
  if (!status.ok()) return status;
  return Done(paths, options.file, *contents, exists ? aside : "");
}

}  // namespace sluice::controlplane
