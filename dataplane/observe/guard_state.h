// What the guards of providers, their keys and the bearers of tokens say now: for the metrics.
// Plain values.
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
  struct Tokens {
    struct Verdict {
      std::string name;  // "good", "expired", ...
      uint64_t count = 0;
    };
    std::vector<Verdict> verdicts;
    size_t remembered = 0;
    size_t subjects = 0;
  };
  std::vector<Key> keys;
  std::vector<Provider> providers;
  Tokens tokens;
};

}  // namespace sluice::observe
