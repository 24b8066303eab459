// The ways in which providers say what an answer used.
#pragma once

namespace sluice::catalog {

// What a metered answer of an endpoint looks like.
enum class UsageDialect { kNone, kOpenAi, kAnthropic, kGemini, kOllama, kDashScope };

}  // namespace sluice::catalog
