// Session's part in what is watched live: the node is told what is wanted, and what it sends is
// handed on.
#include <utility>

#include "common/base/text.h"
#include "controlplane/publish/session.h"
#include "controlplane/publish/watch_hub.h"

namespace sluice::publish {

bool Session::SendTailOrder() {
  const uint64_t version = hub_.tails().version();
  if (version == tail_version_) return false;
  tail_version_ = version;
  fleet::v1::ControlMessage message;
  *message.mutable_tail_order() = hub_.tails().OrderFor(node_);
  std::string order = message.tail_order().SerializeAsString();
  // The watch that came or went may not have been of this node; at first it has none.
  if (order == tail_order_) return false;
  tail_order_ = std::move(order);
  Write(Encode(message));
  return true;
}

void Session::OnTailLines(const fleet::v1::TailLines& told) {
  // In here no lock is held: the watches have their own.
  if (told.lines_size() <= TailHub::kMostLines) {
    return hub_.tails().Take(node(), told, hub_.clock().Now());
  }
  hub_.counters().refused_connections.fetch_add(1, std::memory_order_relaxed);
  Refuse(absl::InvalidArgumentError(base::Cat("the node sent ", told.lines_size(),
                                              " lines of its tail at once, but may send at most ",
                                              TailHub::kMostLines)));
}

}  // namespace sluice::publish
