// What a node does with a configuration that has arrived, whole or as a delta: check it, see that
// it does not diverge, build it, publish it, store it, and answer Ack; or leave everything as it
// was and answer Nack with each reason, or Resync where a delta does not fit.
//
// The link's thread. It blocks on the disk. A configuration that cannot be stored is served and
// acknowledged all the same (config/last_known_good.h says why); the failure is in the log, the
// metrics and /readyz, and Tend() tries again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/wire/config_check.h"
#include "dataplane/config/delta.h"
#include "dataplane/config/held_configuration.h"
#include "dataplane/config/last_known_good.h"
#include "dataplane/config/live_state.h"
#include "dataplane/config/snapshot_slot.h"
#include "dataplane/link/link_status.h"
#include "dataplane/link/outage_log.h"
#include "dataplane/link/snapshot_assembly.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::link {

class ConfigIntake {
 public:
  // `held`: what `slot` serves already. All references must outlive the object.
  ConfigIntake(std::optional<config::HeldConfiguration> held, config::SnapshotSlot& slot,
               config::LiveState& live_state, config::LastKnownGood& last_known_good,
               LinkStatus& status, const base::Clock& clock);

  // The Ack or Nack to send.
  fleet::v1::NodeMessage Take(AssembledSnapshot snapshot);
  // The Ack, Nack or Resync to send.
  fleet::v1::NodeMessage Take(const fleet::v1::Delta& delta);
  // The operator's word for the next snapshot of that epoch, revision or later: taken although it
  // diverges. Ends with that snapshot, or with Disconnected().
  void Accept(const std::string& epoch, int64_t revision);
  void Disconnected() { accepted_.reset(); }
  // The Nack for a snapshot that did not arrive whole.
  fleet::v1::NodeMessage Refuse(int64_t revision, const std::string& reason);
  // Every few seconds: stores what could not be stored, ends snapshots that no request uses any
  // more.
  void Tend();

  // What the node serves; nothing before the first.
  const std::optional<config::HeldConfiguration>& held() const { return held_; }
  // True since the construction if a configuration was taken, an equal one included.
  bool taken() const { return taken_; }
  void ClearTaken() { taken_ = false; }

 private:
  using Violations = std::vector<wire::Violation>;
  struct Accepted {
    std::string epoch;
    int64_t revision = 0;
  };

  fleet::v1::NodeMessage Refuse(int64_t revision, const Violations& violations);
  fleet::v1::NodeMessage AckHeld();
  bool TakeAcceptance(const config::ConfigurationStamp& stamp);
  Violations Apply(AssembledSnapshot& snapshot, bool accepted);
  // Why the delta cannot be applied to what is held; empty: it can.
  std::string WhyResync(const fleet::v1::Delta& delta) const;
  Violations Build(const fleet::v1::Delta& delta, const config::AppliedDelta& applied,
                   std::shared_ptr<const config::Snapshot>* built);
  void Publish(std::shared_ptr<const config::Snapshot> snapshot);
  void Store();
  void StoreDelta(const fleet::v1::Delta& delta);
  void OnStored(const absl::Status& saved);
  void EndUnused();

  std::optional<config::HeldConfiguration> held_;
  config::SnapshotSlot& slot_;
  config::LiveState& live_state_;
  config::LastKnownGood& last_known_good_;
  LinkStatus& status_;
  const base::Clock& clock_;
  std::optional<Accepted> accepted_;
  bool unstored_ = false;  // what is held is not on disk
  OutageLog store_log_;
  bool taken_ = false;
  // Replaced snapshots that requests may still use. Kept so that the big ones end on this thread,
  // not inside a request.
  std::vector<std::shared_ptr<const config::Snapshot>> retired_;
};

}  // namespace sluice::link
