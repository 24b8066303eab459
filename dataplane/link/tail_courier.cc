#include "dataplane/link/tail_courier.h"

#include <utility>

namespace sluice::link {

std::optional<fleet::v1::NodeMessage> TailCourier::Next() {
  auto lines = feed_.Take();
  if (!lines.has_value()) return std::nullopt;
  fleet::v1::NodeMessage message;
  *message.mutable_tail_lines() = *std::move(lines);
  return message;
}

}  // namespace sluice::link
