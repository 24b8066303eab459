#include "dataplane/config/last_known_good.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/aead.h"
#include "common/crypto/digest.h"
#include "dataplane/config/stored_form.h"
#include "spdlog/spdlog.h"

namespace sluice::config {
namespace {

constexpr char kFormat = 1;
constexpr std::string_view kAssociatedData = "sluice last-known-good configuration, format 1";
constexpr size_t kMaxFileBytes = size_t{257} << 20;  // the largest configuration, and the seal

absl::Status SystemError(std::string_view what, const std::string& path) {
  return absl::InternalError(base::Cat(what, " ", path, ": ", strerror(errno)));
}

enum class Missing { kIsError, kIsFine };

absl::Status Rename(const std::string& from, const std::string& to, Missing missing) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  if (errno == ENOENT && missing == Missing::kIsFine) return absl::OkStatus();
  return SystemError("cannot move a file to", to);
}

absl::Status SyncFolder(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError("cannot open folder", path);
  const bool synced = fsync(fd) == 0;
  const absl::Status status = synced ? absl::OkStatus() : SystemError("cannot sync folder", path);
  close(fd);
  return status;
}

absl::StatusOr<base::Secret> MakeNodeKey(const std::string& path) {
  base::Secret key(crypto::RandomBytes(crypto::kAeadKeyBytes));
  const absl::Status written = base::WriteFileAtomically(path, key.Reveal(), 0600);
  if (!written.ok()) return written;
  return key;
}

absl::StatusOr<base::Secret> LoadOrMakeNodeKey(const std::string& path) {
  auto bytes = base::ReadFile(path, 4096);
  if (absl::IsNotFound(bytes.status())) return MakeNodeKey(path);
  if (!bytes.ok()) return bytes.status();
  base::Secret key(*std::move(bytes));
  if (key.Reveal().size() != crypto::kAeadKeyBytes) {
    return absl::FailedPreconditionError(base::Cat(
        "node key ", path, " has ", key.Reveal().size(), " bytes instead of ",
        crypto::kAeadKeyBytes,
        "; restore it, or remove it and last_known_good* beside it to start without a stored "
        "configuration"));
  }
  return key;
}

}  // namespace

LastKnownGood::LastKnownGood(std::string state_dir, base::Secret node_key, const base::Clock& clock)
    : state_dir_(std::move(state_dir)),
      newest_path_(base::Cat(state_dir_, "/last_known_good")),
      previous_path_(base::Cat(state_dir_, "/last_known_good.previous")),
      node_key_(std::move(node_key)),
      clock_(clock) {}

absl::StatusOr<std::unique_ptr<LastKnownGood>> LastKnownGood::Open(const std::string& state_dir,
                                                                   const base::Clock& clock) {
  const absl::Status made = base::MakeFolder(state_dir, 0700);
  if (!made.ok()) return made;
  auto node_key = LoadOrMakeNodeKey(base::Cat(state_dir, "/node.key"));
  if (!node_key.ok()) return node_key.status();
  return std::unique_ptr<LastKnownGood>(new LastKnownGood(state_dir, *std::move(node_key), clock));
}

absl::StatusOr<StoredConfiguration> LastKnownGood::Read(const std::string& path) const {
  auto file = base::ReadFile(path, kMaxFileBytes);
  if (!file.ok()) return file.status();
  if (file->empty()) return absl::DataLossError("it is empty");
  if (file->front() != kFormat) {
    return absl::DataLossError(
        base::Cat("it has format ", static_cast<int>(static_cast<unsigned char>(file->front())),
                  ", this release reads format ", int{kFormat}));
  }
  auto text = crypto::Open(node_key_, std::string_view(*file).substr(1), kAssociatedData);
  if (!text.ok()) {
    return absl::DataLossError("it was damaged, or sealed under another node.key");
  }
  return DecodeStored(text->Reveal());
}

std::optional<StoredConfiguration> LastKnownGood::Load(
    const std::function<absl::Status(const StoredConfiguration&)>& accept) {
  for (const std::string& path : {newest_path_, previous_path_}) {
    auto stored = Read(path);
    if (absl::IsNotFound(stored.status())) continue;
    const absl::Status verdict = stored.ok() ? accept(*stored) : stored.status();
    if (!verdict.ok()) {
      spdlog::error("last-known-good configuration {} refused: {}", path,
                    base::ToStd(verdict.message()));
      continue;
    }
    newest_is_good_ = path == newest_path_;
    saved_at_ = stored->saved_at;
    return *std::move(stored);
  }
  return std::nullopt;
}

absl::Status LastKnownGood::Save(const std::string& epoch, int64_t revision,
                                 const std::string& hash, std::string_view bytes) {
  const absl::Time now = clock_.Now();
  const base::Secret text = EncodeStored(epoch, revision, hash, now, bytes);
  std::string file(1, kFormat);
  file += crypto::Seal(node_key_, text.Reveal(), kAssociatedData);

  const std::string next_path = base::Cat(newest_path_, ".next");
  absl::Status status = base::WriteFileAtomically(next_path, file, 0600);
  if (!status.ok()) return status;
  // A newest file that could not be read must not push out a previous one that can.
  if (newest_is_good_) {
    status = Rename(newest_path_, previous_path_, Missing::kIsFine);
    if (!status.ok()) return status;
    newest_is_good_ = false;
  }
  status = Rename(next_path, newest_path_, Missing::kIsError);
  if (!status.ok()) return status;
  newest_is_good_ = true;
  saved_at_ = now;
  return SyncFolder(state_dir_);
}

}  // namespace sluice::config
