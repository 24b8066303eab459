// What changes about a provider while it is used, beside its keys. Outlives snapshots: whoever
// builds the next one hands it on. Atomics only; any thread.
#pragma once

#include "dataplane/guard/circuit_breaker.h"
#include "dataplane/guard/in_flight_gate.h"
#include "dataplane/guard/provider_key_pool.h"

namespace sluice::guard {

struct ProviderGuards {
  ProviderKeyPool pool;
  CircuitBreaker breaker;
  InFlightGate in_flight;
};

// One place in an InFlightGate that was entered.
class InFlightHold {
 public:
  InFlightHold() = default;
  explicit InFlightHold(InFlightGate* gate) : gate_(gate) {}
  InFlightHold(InFlightHold&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
  InFlightHold& operator=(InFlightHold&& other) noexcept {
    if (this == &other) return *this;
    Drop();
    gate_ = std::exchange(other.gate_, nullptr);
    return *this;
  }
  ~InFlightHold() { Drop(); }
  void Drop() {
    if (gate_ != nullptr) std::exchange(gate_, nullptr)->Leave();
  }

 private:
  InFlightGate* gate_ = nullptr;
};

}  // namespace sluice::guard
