// Metadata that calls of the admin API may carry.
#pragma once

namespace sluice::wire {

// Which nodes a write goes to first, and when it is taken back: see admin.proto.
inline constexpr char kCanaryMetadata[] = "sluice-canary";
inline constexpr char kCanaryMaxErrorsMetadata[] = "sluice-canary-max-errors";

}  // namespace sluice::wire
