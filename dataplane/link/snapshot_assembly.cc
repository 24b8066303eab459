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
  AssembledSnapshot whole{.stamp = std::move(stamp_),
                          .bytes = base::Secret(std::move(bytes_)),
                          .required_capabilities = std::move(required_capabilities_),
                          .forked = forked_};
  Clear();
  return {.whole = std::move(whole), .refusal = std::nullopt};
}

void SnapshotAssembly::Clear() {
  base::Wipe(bytes_.data(), bytes_.size());
  bytes_.clear();
  bytes_.shrink_to_fit();
  stamp_ = {};
  required_capabilities_.clear();
  forked_ = false;
  piece_count_ = 0;
  next_piece_ = 0;
  passing_over_ = false;
}

void SnapshotAssembly::Begin(const fleet::v1::Snapshot& piece) {
  stamp_ = {piece.epoch(), piece.revision(), piece.hash(), piece.lineage()};
  const auto& required = piece.required_capabilities();
  required_capabilities_.assign(required.begin(), required.end());
  forked_ = piece.forked();
  piece_count_ = piece.chunk_count();
}

std::optional<std::string> SnapshotAssembly::WhatIsWrong(const fleet::v1::Snapshot& piece) const {
  if (piece.chunk() < 0 || piece.chunk() >= piece.chunk_count()) {
    return base::Cat("piece ", piece.chunk(), " of ", piece.chunk_count(), " does not exist");
  }
  if (piece.chunk() != next_piece_) {
    return base::Cat("piece ", piece.chunk(), " came where piece ", next_piece_, " was due");
  }
  if (piece.epoch() != stamp_.epoch || piece.revision() != stamp_.revision ||
      piece.hash() != stamp_.hash || piece.chunk_count() != piece_count_) {
    return base::Cat("piece ", piece.chunk(), " is of another snapshot than the ones before it");
  }
  if (stamp_.epoch.empty() || stamp_.revision < 0 || stamp_.hash.size() != kHashBytes) {
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
