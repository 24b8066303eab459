// One file of the usage spool: records behind one another, appended and never changed.
//
// A file is one format byte, the segment's id (16 random bytes) and records: length in 4 bytes, the
// first 4 bytes of the SHA-256 of what follows, and a serialised fleet.v1.UsageRecord; numbers
// lowest byte first. A record that is cut off at the end was being written when the process ended.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::observe {

// A record as it stands in a file.
std::string EncodeSpooled(const fleet::v1::UsageRecord& record);

class SpoolSegment {
 public:
  static constexpr size_t kIdBytes = 16;

  // A new file in `folder`, whose name holds the id in hex.
  static absl::StatusOr<SpoolSegment> Create(const std::string& folder);
  // One of before, read through to its last good record; nothing is appended to it any more.
  // DataLoss: it is no segment.
  static absl::StatusOr<SpoolSegment> Open(const std::string& path);

  SpoolSegment(SpoolSegment&& other) noexcept;
  SpoolSegment& operator=(SpoolSegment&& other) noexcept;
  ~SpoolSegment();

  // Whole records, as EncodeSpooled made them. After an error the file is as it was before.
  absl::Status Append(std::string_view encoded, int64_t records);
  // Of an open file; any thread while nobody appends or ends it.
  absl::Status Sync() const;

  // The next records that are not acknowledged: at most `most`, and at most `most_bytes` but one.
  // DataLoss: the file has changed under us; what follows cannot be had any more.
  absl::StatusOr<std::vector<fleet::v1::UsageRecord>> Peek(size_t most, size_t most_bytes) const;
  // Records up to that number need not be kept.
  absl::Status Acknowledge(int64_t number);
  // Nothing of what is not acknowledged can be had.
  void GiveUp() { acknowledged_ = records_; }
  void Delete();

  const std::string& id() const { return id_; }
  const std::string& path() const { return path_; }
  uint64_t bytes() const { return bytes_; }
  int64_t records() const { return records_; }
  int64_t acknowledged() const { return acknowledged_; }
  // Why records behind the good ones cannot be read; empty: there are none, or one was cut off.
  const std::string& damage() const { return damage_; }

 private:
  SpoolSegment() = default;
  absl::Status Failed(std::string_view what) const;
  // A part of the file, so that many records come with one read. Lives for one call: what stands in
  // the file is looked at anew by the next.
  struct Window {
    uint64_t at = 0;
    std::string text = {};
  };
  // What stands at `offset`, at least `bytes` of it if the file has them. Valid until the next.
  absl::StatusOr<std::string_view> Look(uint64_t offset, size_t bytes, Window* window) const;
  // Bytes of the text of the record at `offset`; 0 at the end of the file.
  absl::StatusOr<size_t> LengthAt(uint64_t offset, Window* window) const;
  // That text; empty at the end of the file.
  absl::StatusOr<std::string_view> RecordAt(uint64_t offset, Window* window) const;
  void ReadThrough();

  std::string id_;
  std::string path_;
  int fd_ = -1;
  uint64_t bytes_ = 0;  // up to the end of the last record
  int64_t records_ = 0;
  int64_t acknowledged_ = 0;
  uint64_t acknowledged_bytes_ = 0;  // where the first record that is not begins
  std::string damage_;
};

}  // namespace sluice::observe
