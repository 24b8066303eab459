// The accounts' records on their way from the spool to the control plane: one batch at a time, the
// next when that is stored.
//
// The link's thread.
#pragma once

#include <optional>

#include "dataplane/observe/usage_spool.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::link {

class UsageCourier {
 public:
  // `spool` outlives this.
  explicit UsageCourier(observe::UsageSpool& spool) : spool_(spool) {}

  // A new connection.
  void Restart() { spool_.Rewind(); }
  // What is to be sent now, if anything is.
  std::optional<fleet::v1::NodeMessage> Next();
  // The batch is stored. What has gathered since may be sent at once only if it fills a batch.
  std::optional<fleet::v1::NodeMessage> Take(const fleet::v1::UsageAck& ack);

 private:
  observe::UsageSpool& spool_;
};

}  // namespace sluice::link
