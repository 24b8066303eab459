// What the guards of providers and their keys say now: for the metrics. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::observe {

struct GuardState {
  struct Key {
    std::string id;
    std::string health;  // "healthy", "cooling", "suspended", "exhausted"
    int32_t in_flight = 0;
  };
  struct Provider {
    std::string name;
    int breaker = 0;  // 0 closed, 1 open, 2 half-open
    int32_t in_flight = 0;
  };
  std::vector<Key> keys;
  std::vector<Provider> providers;
};

}  // namespace sluice::observe
