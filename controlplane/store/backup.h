// A copy of the database as of one instant, made while it is in use, and given out in pieces.
//
// The copy is read through a connection of its own inside one reading transaction: writers never
// wait for it, and what they write meanwhile is not in it. It lies in a file beside the database
// that has no name any more once Make has returned, so it goes with the object, or the process.
// One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/crypto/sha256_stream.h"

namespace sluice::store {

class Backup {
 public:
  // Blocks on the disk for as long as the copy takes. ResourceExhausted: the disk is full.
  static absl::StatusOr<std::unique_ptr<Backup>> Make(const std::string& database);
  ~Backup();
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

  int64_t revision() const { return revision_; }
  int64_t size() const { return size_; }
  // At most `max_bytes`; empty: that was all.
  absl::StatusOr<std::string> Next(size_t max_bytes);
  // Of what Next gave: 32 raw bytes.
  std::string Sha256() const { return sha256_.Digest(); }

 private:
  Backup(int fd, int64_t revision, int64_t size) : fd_(fd), revision_(revision), size_(size) {}

  const int fd_;
  const int64_t revision_;
  const int64_t size_;
  crypto::Sha256Stream sha256_;
};

}  // namespace sluice::store
