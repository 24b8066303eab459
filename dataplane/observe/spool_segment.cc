#include "dataplane/observe/spool_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/text.h"
#include "common/crypto/digest.h"

namespace sluice::observe {
namespace {

using fleet::v1::UsageRecord;

constexpr char kFormat = 1;
constexpr size_t kHeaderBytes = 1 + SpoolSegment::kIdBytes;
constexpr size_t kNumberBytes = 4;
constexpr size_t kFrameBytes = 2 * kNumberBytes;  // length and check
constexpr size_t kMostRecordBytes = 4096;
constexpr size_t kWindowBytes = 32 * 1024;

void AppendNumber(uint32_t number, std::string* out) {
  for (size_t i = 0; i < kNumberBytes; ++i) out->push_back(static_cast<char>(number >> (8 * i)));
}

uint32_t NumberAt(std::string_view text) {
  uint32_t number = 0;
  for (size_t i = 0; i < kNumberBytes; ++i) {
    number |= static_cast<uint32_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  }
  return number;
}

std::string CheckOf(std::string_view text) {
  return crypto::Sha256Bytes(text).substr(0, kNumberBytes);
}

// As much as there is; nullopt with errno set.
std::optional<std::string> ReadAt(int fd, uint64_t offset, size_t bytes) {
  std::string text(bytes, '\0');
  size_t got = 0;
  while (got < bytes) {
    const ssize_t read =
        pread(fd, text.data() + got, bytes - got, static_cast<off_t>(offset + got));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return std::nullopt;
    if (read == 0) break;
    got += static_cast<size_t>(read);
  }
  text.resize(got);
  return text;
}

bool WriteAt(int fd, uint64_t offset, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = pwrite(fd, text.data(), text.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return true;
}

}  // namespace

std::string EncodeSpooled(const UsageRecord& record) {
  const std::string text = record.SerializeAsString();
  std::string spooled;
  spooled.reserve(kFrameBytes + text.size());
  AppendNumber(static_cast<uint32_t>(text.size()), &spooled);
  spooled += CheckOf(text);
  spooled += text;
  return spooled;
}

SpoolSegment::SpoolSegment(SpoolSegment&& other) noexcept { *this = std::move(other); }

SpoolSegment& SpoolSegment::operator=(SpoolSegment&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(bytes_, other.bytes_);
  std::swap(records_, other.records_);
  std::swap(acknowledged_, other.acknowledged_);
  std::swap(acknowledged_bytes_, other.acknowledged_bytes_);
  std::swap(damage_, other.damage_);
  return *this;
}

SpoolSegment::~SpoolSegment() {
  if (fd_ >= 0) close(fd_);
}

absl::Status SpoolSegment::Failed(std::string_view what) const {
  return absl::ErrnoToStatus(errno, base::Cat("cannot ", what, " ", path_));
}

absl::StatusOr<SpoolSegment> SpoolSegment::Create(const std::string& folder) {
  SpoolSegment segment;
  segment.id_ = crypto::RandomBytes(kIdBytes);
  segment.path_ = base::Cat(folder, "/", absl::BytesToHexString(segment.id_), ".spool");
  segment.fd_ = open(segment.path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (segment.fd_ < 0) return segment.Failed("create");
  const std::string header = std::string(1, kFormat) + segment.id_;
  if (!WriteAt(segment.fd_, 0, header)) {
    const absl::Status status = segment.Failed("write");
    segment.Delete();
    return status;
  }
  segment.bytes_ = segment.acknowledged_bytes_ = kHeaderBytes;
  return segment;
}

absl::StatusOr<SpoolSegment> SpoolSegment::Open(const std::string& path) {
  SpoolSegment segment;
  segment.path_ = path;
  segment.fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (segment.fd_ < 0) return segment.Failed("open");
  const auto header = ReadAt(segment.fd_, 0, kHeaderBytes);
  if (!header.has_value()) return segment.Failed("read");
  if (header->size() < kHeaderBytes || header->front() != kFormat) {
    return absl::DataLossError(base::Cat(path, " is no segment of a usage spool"));
  }
  segment.id_ = header->substr(1);
  segment.bytes_ = segment.acknowledged_bytes_ = kHeaderBytes;
  segment.ReadThrough();
  return segment;
}

void SpoolSegment::ReadThrough() {
  struct stat file {};
  const uint64_t size = fstat(fd_, &file) == 0 ? static_cast<uint64_t>(file.st_size) : 0;
  Window window;
  while (bytes_ < size) {
    const auto text = RecordAt(bytes_, &window);
    if (!text.ok()) {
      damage_ = base::ToStd(text.status().message());
      return;
    }
    if (text->empty()) return;  // cut off
    bytes_ += kFrameBytes + text->size();
    ++records_;
  }
}

absl::StatusOr<std::string_view> SpoolSegment::Look(uint64_t offset, size_t bytes,
                                                    Window* window) const {
  const bool inside = offset >= window->at && offset + bytes <= window->at + window->text.size();
  if (!inside) {
    auto read = ReadAt(fd_, offset, std::max(bytes, kWindowBytes));
    if (!read.has_value()) return Failed("read");
    *window = {offset, *std::move(read)};
  }
  return std::string_view(window->text).substr(offset - window->at);
}

absl::StatusOr<size_t> SpoolSegment::LengthAt(uint64_t offset, Window* window) const {
  const auto frame = Look(offset, kFrameBytes, window);
  if (!frame.ok()) return frame.status();
  if (frame->size() < kFrameBytes) return 0;
  const size_t length = NumberAt(*frame);
  if (length == 0 || length > kMostRecordBytes) {
    return absl::DataLossError(base::Cat("a record of ", path_, " has an impossible length"));
  }
  const auto whole = Look(offset, kFrameBytes + length, window);
  if (!whole.ok()) return whole.status();
  return whole->size() < kFrameBytes + length ? 0 : length;
}

absl::StatusOr<std::string_view> SpoolSegment::RecordAt(uint64_t offset, Window* window) const {
  const auto length = LengthAt(offset, window);
  if (!length.ok()) return length.status();
  if (*length == 0) return std::string_view();
  const auto record = Look(offset, kFrameBytes + *length, window);
  if (!record.ok()) return record.status();
  const std::string_view text = record->substr(kFrameBytes, *length);
  if (CheckOf(text) != record->substr(kNumberBytes, kNumberBytes)) {
    return absl::DataLossError(base::Cat("a record of ", path_, " is damaged"));
  }
  return text;
}

absl::Status SpoolSegment::Append(std::string_view encoded, int64_t records) {
  if (!WriteAt(fd_, bytes_, encoded)) {
    const absl::Status status = Failed("write");
    // A part of a record would hide those that are written behind it.
    if (ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) return Failed("cut the end of");
    return status;
  }
  bytes_ += encoded.size();
  records_ += records;
  return absl::OkStatus();
}

absl::Status SpoolSegment::Sync() const {
  return fdatasync(fd_) == 0 ? absl::OkStatus() : Failed("sync");
}

absl::StatusOr<std::vector<UsageRecord>> SpoolSegment::Peek(size_t most, size_t most_bytes) const {
  std::vector<UsageRecord> records;
  uint64_t offset = acknowledged_bytes_;
  Window window;
  while (records.size() < most && offset < bytes_) {
    const auto text = RecordAt(offset, &window);
    if (!text.ok()) return text.status();
    if (text->empty() ||
        !records.emplace_back().ParseFromArray(text->data(), static_cast<int>(text->size()))) {
      return absl::DataLossError(base::Cat("a record of ", path_, " is damaged"));
    }
    offset += kFrameBytes + text->size();
    if (offset - acknowledged_bytes_ >= most_bytes) break;
  }
  return records;
}

absl::Status SpoolSegment::Acknowledge(int64_t number) {
  Window window;
  while (acknowledged_ < std::min(number, records_)) {
    const auto length = LengthAt(acknowledged_bytes_, &window);
    if (!length.ok()) return length.status();
    if (*length == 0) return absl::DataLossError(base::Cat(path_, " has lost records"));
    acknowledged_bytes_ += kFrameBytes + *length;
    ++acknowledged_;
  }
  return absl::OkStatus();
}

void SpoolSegment::Delete() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  unlink(path_.c_str());
}

}  // namespace sluice::observe
