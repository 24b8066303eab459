// How the budgets of client keys are shared by the nodes: what is stored of each budget's period,
// and what is held for each node of the rest: what it has used and not yet told in a stored record,
// and what it was lent. What is held is not lent again, so that no budget is lent out twice.
//
// In memory alone: a control plane that has just started learns from the reports of the nodes that
// come back what they hold. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/utc_period.h"
#include "sluice/admin/v1/admin.pb.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::publish {

// The day or month of UTC that `now` lies in.
base::UtcPeriod PeriodOf(const config::v1::Budget& budget, absl::Time now);

// In the two measures of a budget.
struct Spent {
  int64_t tokens = 0;
  int64_t cost_nanos = 0;

  bool operator==(const Spent&) const = default;
  Spent& operator+=(const Spent& more);
};

class BudgetLedger {
 public:
  // Of a node that was not heard of for so long nothing is held any more.
  static constexpr absl::Duration kHoldTime = absl::Minutes(10);
  // Two clocks may differ by that.
  static constexpr absl::Duration kSkew = absl::Minutes(5);

  // What is stored of that client key in that period.
  using Stored = absl::FunctionRef<absl::StatusOr<Spent>(const std::string& id,
                                                         const base::UtcPeriod& period)>;
  struct Answer {
    fleet::v1::BudgetGrant::Account account;
    // To be warned of: the budget has come so far for the first time.
    std::optional<admin::v1::BudgetState::State> warning = std::nullopt;
  };
  struct Held {
    Spent outstanding;
    Spent unused;
  };

  // Takes one account of a node's report over, and lends what it asks for and can be lent. One
  // thread, that of OnStored.
  absl::StatusOr<Answer> Take(const std::string& node,
                              const fleet::v1::BudgetReport::Account& account,
                              const config::v1::Budget& budget, absl::Time now, Stored stored);
  // More is stored now, of that node, that ended in the hour that begins at `hour`.
  void OnStored(const std::string& node, const std::string& id, absl::Time hour, const Spent& more);
  // That key has no budget any more.
  void Forget(const std::string& id);

  // Whether `begin` is that of a period of such a budget, give or take kSkew.
  static bool Fits(const config::v1::Budget& budget, absl::Time begin, absl::Time now);

  // Of the period that begins then.
  Held HeldOf(const std::string& id, absl::Time begin) const;
  // Budgets by how far they are, of those that nodes have asked about in their period.
  int64_t count(admin::v1::BudgetState::State state, absl::Time now) const;

  // How far a budget is of which that is used.
  static admin::v1::BudgetState::State StateOf(const config::v1::Budget& budget, const Spent& used);

 private:
  struct Hold {
    Spent outstanding;
    Spent unused;
    absl::Time heard;
  };
  struct Entry {
    absl::Time end;
    Spent stored;
    std::map<std::string, Hold> holds;  // by node
    admin::v1::BudgetState::State state = admin::v1::BudgetState::WITHIN;
    admin::v1::BudgetState::State warned = admin::v1::BudgetState::WITHIN;  // the worst
  };
  using Key = std::pair<std::string, absl::Time>;  // id, begin of the period

  // Makes the entry if there is none. Reads what is stored without holding the mutex.
  absl::Status Prepare(const Key& key, const base::UtcPeriod& period, absl::Time now,
                       Stored stored);
  static Held SumOf(const Entry& entry);

  mutable absl::Mutex mutex_;
  std::map<Key, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::publish
