#include "dataplane/link/usage_courier.h"

#include <utility>

namespace sluice::link {

std::optional<fleet::v1::NodeMessage> UsageCourier::Next() {
  auto batch = spool_.Next();
  if (!batch.has_value()) return std::nullopt;
  fleet::v1::NodeMessage message;
  *message.mutable_usage_batch() = *std::move(batch);
  return message;
}

std::optional<fleet::v1::NodeMessage> UsageCourier::Take(const fleet::v1::UsageAck& ack) {
  spool_.Acknowledge(ack);
  const bool full = spool_.state().waiting >= int64_t{observe::UsageSpool::kMostBatchRecords};
  return full ? Next() : std::nullopt;
}

}  // namespace sluice::link
