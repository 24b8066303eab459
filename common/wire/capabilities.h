// What a node of this release can do beyond taking whole snapshots. A control plane that must not
// be misunderstood names what it takes in `required_capabilities`; a node without it refuses.
#pragma once

#include <array>
#include <string_view>

namespace sluice::wire {

inline constexpr std::string_view kCapabilityAccept = "accept";
inline constexpr std::string_view kCapabilityBudget = "budget";
inline constexpr std::string_view kCapabilityDelta = "delta";
inline constexpr std::string_view kCapabilityDrain = "drain";
inline constexpr std::string_view kCapabilityJwt = "jwt";
inline constexpr std::string_view kCapabilityKeyHealth = "key_health";
inline constexpr std::string_view kCapabilityTail = "tail";

inline constexpr std::array kCapabilities = {
    kCapabilityAccept, kCapabilityBudget,    kCapabilityDelta, kCapabilityDrain,
    kCapabilityJwt,    kCapabilityKeyHealth, kCapabilityTail};

}  // namespace sluice::wire
