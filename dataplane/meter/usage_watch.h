// Where each dialect says what an answer used: rows of data. How they are read together is
// usage_reading's matter.
#pragma once

#include <cstdint>

#include "absl/types/span.h"
#include "common/catalog/usage_dialect.h"
#include "dataplane/meter/json_scan.h"

namespace sluice::meter {

// What a member tells.
enum UsageTag : uint8_t {
  kNothing,
  kInput,          // input_tokens and its like
  kInputByPrompt,  // prompt_tokens, which some answers have beside input_tokens
  kOutput,
  kOutputByCompletion,
  kCached,
  kCacheWrite,
  kReasoning,
  kToolInput,  // Gemini: what tools put into the prompt
  kTotal,
  kLastNumber = kTotal,
  kAudioSeconds,
  kCost,       // US dollars
  kCostTicks,  // 1e-10 US dollars
  kModel,
  kType,  // of an event of a stream
  kDone,  // Ollama: the last object
};

// Empty for kNone.
absl::Span<const JsonScan::Watch> WatchesOf(catalog::UsageDialect dialect);

}  // namespace sluice::meter
