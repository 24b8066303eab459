// A request's place among those that its client key may have under way, from admission to end.
#pragma once

#include <memory>
#include <utility>
#include <variant>

#include "dataplane/config/client_key_index.h"
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
    return *this;
  }
  ~KeyPlace() { Leave(); }

  void Leave() {
    if (guard_ != nullptr) std::exchange(guard_, nullptr)->in_flight.Leave();
  }
  // The key was revoked together with what is under way.
  bool cut() const { return guard_ != nullptr && guard_->cut.load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<guard::ClientKeyGuard> guard_;
};

// The place, or why the key's limits have none.
std::variant<KeyPlace, http::GatewayError> TakePlace(const config::ClientKeyEntry& key,
                                                     guard::RateGate::Time now);

}  // namespace sluice::proxy
