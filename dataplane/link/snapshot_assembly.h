// Puts the pieces of a snapshot together again, within bounds. Pure, one thread.
//
// Pieces must come in order and agree with each other. A piece that does not is answered once; the
// rest of that snapshot is then passed over, up to the next piece 0. A piece 0 always begins anew:
// a sender that has something newer may drop what it had begun.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/secret.h"
#include "dataplane/config/held_configuration.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::link {

struct AssembledSnapshot {
  config::ConfigurationStamp stamp;  // the hash as announced: not yet compared with the bytes
  base::Secret bytes;                // they hold provider keys
  std::vector<std::string> required_capabilities;
  bool forked = false;
};

class SnapshotAssembly {
 public:
  static constexpr size_t kMaxPieceBytes = size_t{1} << 20;

  explicit SnapshotAssembly(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Either nothing, when more pieces are due, or one of the two.
  struct Result {
    std::optional<AssembledSnapshot> whole;
    std::optional<std::string> refusal;  // of the revision that the piece belongs to
  };
  Result Add(const fleet::v1::Snapshot& piece);
  // Drops what was begun.
  void Clear();

 private:
  std::optional<std::string> WhatIsWrong(const fleet::v1::Snapshot& piece) const;
  void Begin(const fleet::v1::Snapshot& piece);

  const size_t max_bytes_;
  config::ConfigurationStamp stamp_;
  std::vector<std::string> required_capabilities_;
  bool forked_ = false;
  int32_t piece_count_ = 0;
  int32_t next_piece_ = 0;
  std::string bytes_;
  bool passing_over_ = false;
};

}  // namespace sluice::link
