// What is known of a provider key: whether it can be used, since when, until when it rests, and
// why. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice::guard {

enum class Health : uint8_t {
  kHealthy = 0,
  kCooling = 1,    // over a rate limit; used again at `until`
  kSuspended = 2,  // the provider refuses it; probed from `until` on
  kExhausted = 3,  // nothing left to pay with; probed from `until` on
};

struct KeyHealth {
  Health health = Health::kHealthy;
  absl::Time since = absl::UnixEpoch();  // of two about one key, the later one counts
  absl::Time until = absl::UnixEpoch();
  std::string reason;  // e.g. "429, Retry-After"; names no secret
};

// A state with the key that it is of.
struct KeyReport {
  std::string key_id;
  int64_t generation = 0;  // of the key's text: a state of another one says nothing
  KeyHealth health;
};

// "healthy", "cooling", "suspended", "exhausted".
constexpr std::string_view HealthName(Health health) {
  constexpr std::string_view kNames[] = {"healthy", "cooling", "suspended", "exhausted"};
  return kNames[static_cast<size_t>(health)];
}

}  // namespace sluice::guard
