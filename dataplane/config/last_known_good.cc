#include "dataplane/config/last_known_good.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/aead.h"
#include "common/crypto/digest.h"
#include "dataplane/config/stored_form.h"
#include "spdlog/spdlog.h"

namespace sluice::config {
namespace {

constexpr char kFormat = 2;
constexpr std::string_view kAssociatedData = "sluice last-known-good configuration, format 2";
constexpr size_t kIdentityBytes = 12;  // the nonce: no two files have the same
constexpr size_t kMinJournalBytes = size_t{1} << 20;
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
      journal_path_(base::Cat(newest_path_, ".journal")),
      previous_journal_path_(base::Cat(previous_path_, ".journal")),
      node_key_(std::move(node_key)),
      clock_(clock),
      journal_(journal_path_, node_key_) {}

absl::StatusOr<std::unique_ptr<LastKnownGood>> LastKnownGood::Open(const std::string& state_dir,
                                                                   const base::Clock& clock) {
  const absl::Status made = base::MakeFolder(state_dir, 0700);
  if (!made.ok()) return made;
  auto node_key = LoadOrMakeNodeKey(base::Cat(state_dir, "/node.key"));
  if (!node_key.ok()) return node_key.status();
  return std::unique_ptr<LastKnownGood>(new LastKnownGood(state_dir, *std::move(node_key), clock));
}

absl::StatusOr<LastKnownGood::File> LastKnownGood::Read(const std::string& path) const {
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
  auto form = DecodeStored(text->Reveal());
  if (!form.ok()) return form.status();
  File read;
  read.base_hash = form->stamp.hash;
  read.identity = file->substr(1, kIdentityBytes);
  read.size = file->size();
  read.stored = {.stamp = std::move(form->stamp),
                 .saved_at = form->saved_at,
                 .bytes = std::move(form->bytes),
                 .deltas = {}};
  return read;
}

// A crash between two renames can leave a file and its journal under each other's names: what
// belongs together says the identity.
std::optional<size_t> LastKnownGood::AddJournal(File& file) const {
  for (const std::string& path : {journal_path_, previous_journal_path_}) {
    Journal::Contents contents = Journal::Read(path, node_key_, file.identity, file.base_hash);
    if (!contents.follows) continue;
    for (StoredForm& record : contents.records) {
      file.stored.stamp = std::move(record.stamp);
      file.stored.saved_at = record.saved_at;
      file.stored.deltas.push_back(std::move(record.bytes));
    }
    if (!contents.damage.empty()) {
      spdlog::error("last-known-good journal {} is used up to revision {} only: {}", path,
                    file.stored.stamp.revision, contents.damage);
      return std::nullopt;
    }
    if (path == journal_path_) return contents.good_bytes;
    return std::nullopt;
  }
  return 0;
}

std::optional<StoredConfiguration> LastKnownGood::Load(
    const std::function<absl::Status(const StoredConfiguration&)>& accept) {
  for (const std::string& path : {newest_path_, previous_path_}) {
    auto file = Read(path);
    if (absl::IsNotFound(file.status())) continue;
    std::optional<size_t> journal_bytes;
    if (file.ok()) journal_bytes = AddJournal(*file);
    const absl::Status verdict = file.ok() ? accept(file->stored) : file.status();
    if (!verdict.ok()) {
      spdlog::error("last-known-good configuration {} refused: {}", path,
                    base::ToStd(verdict.message()));
      continue;
    }
    newest_is_good_ = path == newest_path_;
    saved_at_ = file->stored.saved_at;
    stored_hash_ = file->stored.stamp.hash;
    newest_bytes_ = file->size;
    if (newest_is_good_ && journal_bytes == size_t{0}) {
      journal_.Begin(file->identity);
    } else if (newest_is_good_ && journal_bytes.has_value()) {
      const absl::Status opened = journal_.Continue(file->identity, *journal_bytes);
      if (!opened.ok()) spdlog::warn("{}", base::ToStd(opened.message()));
    }
    return std::move(file->stored);
  }
  return std::nullopt;
}

absl::Status LastKnownGood::MoveAside() {
  absl::Status status = Rename(newest_path_, previous_path_, Missing::kIsFine);
  if (!status.ok()) return status;
  newest_is_good_ = false;
  return Rename(journal_path_, previous_journal_path_, Missing::kIsFine);
}

absl::Status LastKnownGood::Save(const ConfigurationStamp& stamp, std::string_view bytes) {
  const absl::Time now = clock_.Now();
  const base::Secret text = EncodeStored(stamp, now, bytes);
  std::string file(1, kFormat);
  file += crypto::Seal(node_key_, text.Reveal(), kAssociatedData);

  const std::string next_path = base::Cat(newest_path_, ".next");
  absl::Status status = base::WriteFileAtomically(next_path, file, 0600);
  if (!status.ok()) return status;
  journal_.Begin("");
  // A newest file that could not be read must not push out a previous one that can.
  if (newest_is_good_) status = MoveAside();
  if (!status.ok()) return status;
  status = Rename(next_path, newest_path_, Missing::kIsError);
  if (!status.ok()) return status;
  newest_is_good_ = true;
  saved_at_ = now;
  stored_hash_ = stamp.hash;
  newest_bytes_ = file.size();
  status = SyncFolder(state_dir_);
  if (status.ok()) journal_.Begin(file.substr(1, kIdentityBytes));
  return status;
}

bool LastKnownGood::CanAppend() const {
  return newest_is_good_ && journal_.usable() &&
         journal_.bytes() <= std::max(kMinJournalBytes, newest_bytes_);
}

absl::Status LastKnownGood::Append(const ConfigurationStamp& stamp, std::string_view delta) {
  const absl::Time now = clock_.Now();
  absl::Status status = journal_.Append(stored_hash_, stamp, now, delta);
  if (!status.ok()) return status;
  saved_at_ = now;
  stored_hash_ = stamp.hash;
  return absl::OkStatus();
}

}  // namespace sluice::config
