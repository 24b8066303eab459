// What a node may say of itself. A peer wrote it: whatever is kept of it is bounded here. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::publish {

// Largest message of a node, bytes.
inline constexpr size_t kMaxNodeMessageBytes = size_t{256} << 10;
// Of one that holds a UsageBatch.
inline constexpr size_t kMaxUsageMessageBytes = size_t{1} << 20;

// InvalidArgument names the field.
absl::Status CheckHello(const fleet::v1::Hello& hello);

// The reasons of a Nack as lines for people: at most 32, of at most 512 bytes, never none.
std::vector<std::string> RefusalLines(const fleet::v1::Nack& nack);

}  // namespace sluice::publish
