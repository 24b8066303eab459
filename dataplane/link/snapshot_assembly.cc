#include "dataplane/link/snapshot_assembly.h"

#include <utility>

#include "common/base/text.h"

namespace sluice::link {
namespace {

constexpr size_t kHashBytes = 32;

}  // namespace

SnapshotAssembly::Result SnapshotAssembly::Add(const fleet::v1::Snapshot& piece) {
  if (piece.chunk() == 0) {
    Clear();
    Begin(piece);
  } else if (passing_over_) {
    return {};
  }
  if (auto wrong = WhatIsWrong(piece)) {
    Clear();
    passing_over_ = true;
    return {.whole = std::nullopt, .refusal = std::move(wrong)};
  }
  bytes_.append(piece.bytes());
  if (++next_piece_ < piece_count_) return {};
  AssembledSnapshot whole{.epoch = std::move(epoch_),
                          .revision = revision_,
                          .hash = std::move(hash_),
                          .bytes = base::Secret(std::move(bytes_))};
  Clear();
  return {.whole = std::move(whole), .refusal = std::nullopt};
}

void SnapshotAssembly::Clear() {
  base::Wipe(bytes_.data(), bytes_.size());
  bytes_.clear();
  bytes_.shrink_to_fit();
  epoch_.clear();
  hash_.clear();
  revision_ = 0;
  piece_count_ = 0;
  next_piece_ = 0;
  passing_over_ = false;
}

void SnapshotAssembly::Begin(const fleet::v1::Snapshot& piece) {
  epoch_ = piece.epoch();
  revision_ = piece.revision();
  hash_ = piece.hash();
  piece_count_ = piece.chunk_count();
}

std::optional<std::string> SnapshotAssembly::WhatIsWrong(const fleet::v1::Snapshot& piece) const {
  if (piece.chunk() < 0 || piece.chunk() >= piece.chunk_count()) {
    return base::Cat("piece ", piece.chunk(), " of ", piece.chunk_count(), " does not exist");
  }
  if (piece.chunk() != next_piece_) {
    return base::Cat("piece ", piece.chunk(), " came where piece ", next_piece_, " was due");
  }
  if (piece.epoch() != epoch_ || piece.revision() != revision_ || piece.hash() != hash_ ||
      piece.chunk_count() != piece_count_) {
    return base::Cat("piece ", piece.chunk(), " is of another snapshot than the ones before it");
  }
  if (epoch_.empty() || revision_ < 0 || hash_.size() != kHashBytes) {
    return "it has no epoch, a negative revision, or no hash of 32 bytes";
  }
  if (piece.bytes().empty() && piece_count_ > 1) {
    return base::Cat("piece ", piece.chunk(), " is empty");
  }
  if (piece.bytes().size() > kMaxPieceBytes) {
    return base::Cat("piece ", piece.chunk(), " has ", piece.bytes().size(), " bytes, at most ",
                     kMaxPieceBytes, " are allowed");
  }
  if (piece.bytes().size() > max_bytes_ - bytes_.size()) {
    return base::Cat("it has more than ", max_bytes_, " bytes");
  }
  return std::nullopt;
}

}  // namespace sluice::link
