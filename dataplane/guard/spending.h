// What requests used of a budget: in the two measures that budgets have. Plain values.
#pragma once

#include <cstdint>

namespace sluice::guard {

struct Spending {
  int64_t tokens = 0;
  int64_t cost_nanos = 0;  // 1e-9 US dollars

  bool operator==(const Spending&) const = default;
  Spending& operator+=(const Spending& more) {
    tokens += more.tokens;
    cost_nanos += more.cost_nanos;
    return *this;
  }
  friend Spending operator-(const Spending& from, const Spending& what) {
    return {from.tokens - what.tokens, from.cost_nanos - what.cost_nanos};
  }
};

}  // namespace sluice::guard
