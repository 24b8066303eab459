// The budgets that this node has a share of, and whether the control plane can be asked for more.
// What a request does costs one uncontended lock of its own key; the book itself is looked into
// once for each key.
//
// Requests: any thread. The rest: the link's. Outlives the workers and the link.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "dataplane/guard/budget_gate.h"
#include "dataplane/guard/client_key_guard.h"

namespace sluice::guard {

class BudgetBook {
 public:
  struct Account {
    std::string client_key_id;
    BudgetGate::Report report;
  };
  using Guard = std::shared_ptr<ClientKeyGuard>;

  // `ask`: the control plane is to be asked; any thread, returns at once. Null: nobody asks.
  void SetBell(std::function<void()> ask);

  // As BudgetGate's.
  BudgetGate::Verdict Admit(const BudgetTerms& terms, const std::string& id, const Guard& guard,
                            absl::Time now, bool waited = false);
  void Spend(const BudgetTerms& terms, const std::string& id, const Guard& guard, absl::Time now,
             const Spending& used);

  // A connection that answers reports; false: none. The next Tell tells everything.
  void SetInTouch(bool in_touch);
  bool in_touch() const { return in_touch_.load(std::memory_order_relaxed); }
  // At most `most`; what is left stays for the next time.
  std::vector<Account> Tell(absl::Time now, size_t most);
  void Lend(std::string_view id, absl::Time period, const Spending& extra);
  void Deliver(std::string_view id, absl::Time ended, const Spending& stored);

 private:
  void Enter(const std::string& id, const Guard& guard);
  void Ask();
  Guard Find(std::string_view id);

  std::atomic<bool> in_touch_{false};
  absl::Mutex mutex_;
  std::function<void()> bell_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Guard> guards_ ABSL_GUARDED_BY(mutex_);
  // Of which a new connection was told nothing yet.
  absl::flat_hash_set<std::string> untold_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::guard
