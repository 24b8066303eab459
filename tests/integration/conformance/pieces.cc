#include "tests/integration/conformance/pieces.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace sluice::test {
namespace {

constexpr size_t kMostPieces = 700;
constexpr std::chrono::microseconds kPause{50};

}  // namespace

absl::Status SendInPieces(RawSocket& socket, std::string_view bytes) {
  const size_t piece = bytes.size() / kMostPieces + 1;
  while (!bytes.empty()) {
    const std::string_view next = bytes.substr(0, piece);
    if (auto status = socket.SendAll(next); !status.ok()) return status;
    bytes.remove_prefix(next.size());
    // No synchronisation: it only makes it likely that the next piece is read by itself.
    std::this_thread::sleep_for(kPause);
  }
  return absl::OkStatus();
}

}  // namespace sluice::test
