// A request's place among those that its client key may have under way, from admission to end.
#pragma once

#include <memory>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "dataplane/config/client_key_index.h"
#include "dataplane/guard/budget_book.h"
#include "dataplane/guard/rate_gate.h"
#include "dataplane/http/gateway_error.h"

namespace sluice::proxy {

class KeyPlace {
 public:
  KeyPlace() = default;
  explicit KeyPlace(std::shared_ptr<guard::ClientKeyGuard> guard) : guard_(std::move(guard)) {}
  KeyPlace(KeyPlace&&) = default;
  KeyPlace& operator=(KeyPlace&& other) noexcept {
    Leave();
    guard_ = std::exchange(other.guard_, nullptr);
    waits_ = other.waits_;
    return *this;
  }
  ~KeyPlace() { Leave(); }

  // Its share of the key's budget is used up, and the control plane is being asked for more.
  bool waits() const { return waits_; }
  void Wait() { waits_ = true; }

  void Leave() {
    if (guard_ != nullptr) std::exchange(guard_, nullptr)->in_flight.Leave();
  }
  // The key was revoked together with what is under way.
  bool cut() const { return guard_ != nullptr && guard_->cut.load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<guard::ClientKeyGuard> guard_;
  bool waits_ = false;
};

// When a request comes, on both clocks.
struct Moment {
  absl::Time wall;
  guard::RateGate::Time mono;
};

// The place, or why the key's limits and budget have none.
std::variant<KeyPlace, http::GatewayError> TakePlace(const config::ClientKeyEntry& key,
                                                     guard::BudgetBook& budgets, const Moment& now);

// Whether the key's budget has anything left. `waited`: long enough, the control plane does not
// answer.
enum class BudgetAnswer { kGo, kWait, kRefused };
struct BudgetLook {
  BudgetAnswer answer = BudgetAnswer::kGo;
  http::GatewayError refusal = {};  // of kRefused
};
BudgetLook LookAtBudget(const config::ClientKeyEntry& key, guard::BudgetBook& budgets,
                        absl::Time now, bool waited);

}  // namespace sluice::proxy
