#include "dataplane/config/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/aead.h"

namespace sluice::config {
namespace {

constexpr char kFormat = 1;
constexpr size_t kLengthBytes = 4;
constexpr size_t kMaxRecordBytes = size_t{2} << 20;

std::string HeaderOf(std::string_view identity) {
  return base::Cat(std::string(1, kFormat), identity);
}

std::string AssociatedData(std::string_view identity, std::string_view former_hash) {
  return base::Cat("sluice last-known-good journal, format 1", identity, former_hash);
}

size_t LengthAt(std::string_view text) {
  size_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<size_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  }
  return length;
}

// False with errno set.
bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

Journal::Contents Journal::Read(const std::string& path, const base::Secret& key,
                                std::string_view identity, const std::string& hash) {
  Contents contents;
  const auto file = base::ReadFile(path);
  const std::string header = HeaderOf(identity);
  if (!file.ok() || !file->starts_with(header)) return contents;
  contents.follows = true;
  contents.good_bytes = header.size();
  std::string former_hash = hash;
  while (file->size() - contents.good_bytes >= kLengthBytes) {
    const std::string_view rest = std::string_view(*file).substr(contents.good_bytes);
    const size_t length = LengthAt(rest);
    if (length > kMaxRecordBytes) {
      contents.damage = "a record has an impossible length";
      break;
    }
    if (rest.size() - kLengthBytes < length) break;
    auto text =
        crypto::Open(key, rest.substr(kLengthBytes, length), AssociatedData(identity, former_hash));
    auto record = text.ok() ? DecodeStored(text->Reveal()) : text.status();
    if (!record.ok()) {
      contents.damage = base::Cat("the record behind ", contents.records.size(),
                                  " good ones was damaged, or does not belong there");
      break;
    }
    former_hash = record->stamp.hash;
    contents.records.push_back(*std::move(record));
    contents.good_bytes += kLengthBytes + length;
  }
  return contents;
}

absl::Status Journal::Fail(std::string_view what) {
  const int error = errno;
  Close();
  identity_.clear();
  return absl::InternalError(base::Cat("cannot ", what, " ", path_, ": ", strerror(error)));
}

void Journal::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

void Journal::Begin(std::string identity) {
  Close();
  identity_ = std::move(identity);
  bytes_ = 0;
}

absl::Status Journal::Continue(std::string identity, size_t good_bytes) {
  Begin(std::move(identity));
  fd_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd_ < 0) return Fail("open");
  if (ftruncate(fd_, static_cast<off_t>(good_bytes)) != 0 || lseek(fd_, 0, SEEK_END) < 0) {
    return Fail("cut the end of");
  }
  bytes_ = good_bytes;
  return absl::OkStatus();
}

absl::Status Journal::Create() {
  const std::string header = HeaderOf(identity_);
  // Whole and synced before it has its name.
  absl::Status status = base::WriteFileAtomically(path_, header, 0600);
  if (!status.ok()) return status;
  fd_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd_ < 0) return Fail("open");
  bytes_ = header.size();
  return absl::OkStatus();
}

absl::Status Journal::Append(const std::string& former_hash, const ConfigurationStamp& stamp,
                             absl::Time saved_at, std::string_view delta) {
  if (!usable()) return absl::FailedPreconditionError("there is no journal to append to");
  if (fd_ < 0) {
    if (absl::Status status = Create(); !status.ok()) return status;
  }
  const base::Secret text = EncodeStored(stamp, saved_at, delta);
  const std::string sealed =
      crypto::Seal(key_, text.Reveal(), AssociatedData(identity_, former_hash));
  std::string record;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    record.push_back(static_cast<char>(sealed.size() >> (8 * i)));
  }
  record += sealed;
  if (!WriteAll(fd_, record)) return Fail("write");
  if (fdatasync(fd_) != 0) return Fail("sync");
  bytes_ += record.size();
  return absl::OkStatus();
}

}  // namespace sluice::config
