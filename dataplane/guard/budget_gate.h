// One client key's share of its budget on this node: what the control plane has lent of it, and
// what requests have used. A request may begin while something is left; what it uses is known when
// it has ended, and is never cut. So a share is overdrawn by the answers that were under way when
// it ran out, and by no more.
//
// Begins anew with each period. Outlives snapshots. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/utc_period.h"
#include "dataplane/guard/spending.h"

namespace sluice::guard {

struct BudgetTerms {
  bool monthly = false;  // else of each day
  // At least one is given.
  std::optional<int64_t> tokens = std::nullopt;
  std::optional<int64_t> cost_nanos = std::nullopt;
  bool strict = false;  // nothing goes beyond the share while the control plane is away

  bool operator==(const BudgetTerms&) const = default;
};

// The day or month of UTC that `now` lies in.
base::UtcPeriod PeriodOf(const BudgetTerms& terms, absl::Time now);

class BudgetGate {
 public:
  enum class Verdict {
    kGo,
    kWait,        // the share is used up, and the control plane is being asked
    kExceeded,    // it said that nothing is left
    kOutOfTouch,  // the share is used up, and the control plane cannot be asked
  };
  struct Answer {
    Verdict verdict = Verdict::kGo;
    bool ask = false;  // the control plane is to be asked for more
  };
  // What the control plane is told, and asked for.
  struct Report {
    absl::Time period;
    Spending outstanding;  // used, and not yet among delivered records
    Spending unused;
    Spending wanted;  // on top of `unused`
  };

  // `in_touch`: the control plane can be asked. `waited`: this request has waited for its answer
  // for long enough; until the answer comes no other waits.
  Answer Admit(const BudgetTerms& terms, absl::Time now, bool in_touch, bool waited = false);
  // A request that ended at `now` used that. True: the control plane is to be asked for more.
  bool Spend(const BudgetTerms& terms, absl::Time now, const Spending& used);
  // The control plane has stored records of that, which ended at `ended`.
  void Deliver(absl::Time ended, const Spending& stored);

  // Nothing: there is nothing new to tell. `anew`: it is told all the same, to a control plane that
  // may know nothing. What nobody has used for a while is given back.
  std::optional<Report> Tell(absl::Time now, bool anew);
  // The answer to the report before.
  void Lend(absl::Time period, const Spending& extra);

 private:
  void Turn(const BudgetTerms& terms, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool AskIfLow(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // It was told, and perhaps answered, a moment ago.
  bool IsFresh(absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Spending Target() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  BudgetTerms terms_ ABSL_GUARDED_BY(mutex_);  // of the newest call that had any
  absl::Time period_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  // In this period.
  Spending used_ ABSL_GUARDED_BY(mutex_);
  Spending lent_ ABSL_GUARDED_BY(mutex_);
  Spending delivered_ ABSL_GUARDED_BY(mutex_);  // of what was used
  // Of the last answer: nothing was lent; less than was asked for.
  bool exhausted_ ABSL_GUARDED_BY(mutex_) = false;
  bool short_ ABSL_GUARDED_BY(mutex_) = false;
  bool silent_ ABSL_GUARDED_BY(mutex_) = false;  // a request has waited for one in vain
  // How fast it is used, and in which pieces.
  Spending largest_ ABSL_GUARDED_BY(mutex_);
  Spending told_used_ ABSL_GUARDED_BY(mutex_);  // when it was told last
  Spending per_second_ ABSL_GUARDED_BY(mutex_);
  absl::Time told_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time used_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  Spending wanted_ ABSL_GUARDED_BY(mutex_);  // of the report that has no answer yet
  absl::Time asked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool asking_ ABSL_GUARDED_BY(mutex_) = false;  // somebody was told to ask, or the answer is due
  bool delivered_since_ ABSL_GUARDED_BY(mutex_) = false;  // it was told last
};

}  // namespace sluice::guard
