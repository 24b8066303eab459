// The thread that stores what nodes tell of their requests: all that has gathered in one
// transaction, at once when it has nothing else to do, and then, and only then, has the nodes told.
// Between transactions it removes what is too old, a little at a time, and has budgets answered.
//
// What cannot be stored is kept and tried again, once a second, and nobody is told; the nodes keep
// what they were not told of. Ends with the object: what was taken by then is stored, or not
// acknowledged.
#pragma once

#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "controlplane/publish/fleet_activity.h"
#include "controlplane/publish/usage_inbox.h"
#include "controlplane/service/budget_desk.h"
#include "controlplane/service/usage_counters.h"
#include "controlplane/store/usage_store.h"

namespace sluice::service {

class UsageIntake {
 public:
  // All must outlive the object. `retry`: how long it waits after a failure. `activity`: is told
  // once of what was stored; null: nobody is.
  UsageIntake(store::UsageStore& store, publish::UsageInbox& inbox, BudgetDesk& budgets,
              const base::Clock& clock, absl::Duration retry = absl::Seconds(1),
              publish::FleetActivity* activity = nullptr);
  ~UsageIntake();
  UsageIntake(const UsageIntake&) = delete;
  UsageIntake& operator=(const UsageIntake&) = delete;

  const UsageCounters& counters() const { return counters_; }

 private:
  void Run();
  // Stores `hand_` and empties it, or leaves it as it is.
  void Store();
  void Count(const store::AddedUsage& added);
  void AnswerReports();
  void TellActivity(const store::AddedUsage& added);
  void PruneIfDue();
  // Once a minute each, however often it happens.
  void WarnOfFailure(const absl::Status& status);
  void WarnOfGaps(const std::vector<store::AddedUsage::Gap>& gaps);

  store::UsageStore& store_;
  publish::UsageInbox& inbox_;
  BudgetDesk& budgets_;
  const base::Clock& clock_;
  const absl::Duration retry_;
  publish::FleetActivity* const activity_;
  UsageCounters counters_;
  // The thread's.
  publish::TakenUsage hand_;
  absl::Time next_prune_ = absl::InfinitePast();
  absl::Time failure_said_ = absl::InfinitePast();
  absl::Time gap_said_ = absl::InfinitePast();
  std::thread thread_;
};

}  // namespace sluice::service
