// Sends bytes as segments of their own, with a tiny pause between, so that the reader sees them in
// many reads. Short texts go byte by byte, long ones in a bounded number of pieces.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "tests/support/raw_socket.h"

namespace sluice::test {

absl::Status SendInPieces(RawSocket& socket, std::string_view bytes);

// All at once, or in pieces.
inline absl::Status Send(RawSocket& socket, std::string_view bytes, bool in_pieces) {
  return in_pieces ? SendInPieces(socket, bytes) : socket.SendAll(bytes);
}

}  // namespace sluice::test
