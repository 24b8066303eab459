#include "dataplane/meter/usage_watch.h"

namespace sluice::meter {
namespace {

using Watch = JsonScan::Watch;

// Nodes; 0 is the outermost object.
enum : uint8_t { kRoot, kResponse, kGroq, kMessage, kUsage, kInputDetails, kOutputDetails };

// Also DashScope's, whose names are the same. `x_groq` stands in the last chunk of Groq's streams,
// `response` in the events of the Responses API; the events before the last say `"usage": null`.
constexpr Watch kOpenAi[] = {
    {kRoot, "usage", kUsage, kNothing},
    {kRoot, "model", 0, kModel},
    {kRoot, "type", 0, kType},
    {kRoot, "response", kResponse, kNothing},
    {kRoot, "x_groq", kGroq, kNothing},
    {kRoot, "output", kResponse, kNothing},
    {kResponse, "usage", kUsage, kNothing},
    {kResponse, "model", 0, kModel},
    {kGroq, "usage", kUsage, kNothing},
    {kUsage, "prompt_tokens", 0, kInputByPrompt},
    {kUsage, "completion_tokens", 0, kOutputByCompletion},
    {kUsage, "input_tokens", 0, kInput},
    {kUsage, "output_tokens", 0, kOutput},
    {kUsage, "total_tokens", 0, kTotal},
    {kUsage, "prompt_tokens_details", kInputDetails, kNothing},
    {kUsage, "input_tokens_details", kInputDetails, kNothing},
    {kUsage, "completion_tokens_details", kOutputDetails, kNothing},
    {kUsage, "output_tokens_details", kOutputDetails, kNothing},
    {kUsage, "prompt_cache_hit_tokens", 0, kCached},
    {kUsage, "seconds", 0, kAudioSeconds},
    {kUsage, "cost", 0, kCost},
    {kUsage, "cost_in_usd_ticks", 0, kCostTicks},
    {kInputDetails, "cached_tokens", 0, kCached},
    {kInputDetails, "cache_write_tokens", 0, kCacheWrite},
    {kOutputDetails, "reasoning_tokens", 0, kReasoning},
};

// Streamed, the input stands in message_start and what has come of the output since in each
// message_delta. Its OpenAI-compatible endpoint counts in OpenAI's words.
constexpr Watch kAnthropic[] = {
    {kRoot, "type", 0, kType},
    {kRoot, "usage", kUsage, kNothing},
    {kRoot, "message", kMessage, kNothing},
    {kRoot, "model", 0, kModel},
    {kMessage, "usage", kUsage, kNothing},
    {kMessage, "model", 0, kModel},
    {kUsage, "input_tokens", 0, kInput},
    {kUsage, "output_tokens", 0, kOutput},
    {kUsage, "cache_creation_input_tokens", 0, kCacheWrite},
    {kUsage, "cache_read_input_tokens", 0, kCached},
    {kUsage, "prompt_tokens", 0, kInputByPrompt},
    {kUsage, "completion_tokens", 0, kOutputByCompletion},
    {kUsage, "total_tokens", 0, kTotal},
};

constexpr Watch kGemini[] = {
    {kRoot, "usageMetadata", kUsage, kNothing},
    {kRoot, "modelVersion", 0, kModel},
    {kUsage, "promptTokenCount", 0, kInput},
    {kUsage, "candidatesTokenCount", 0, kOutput},
    {kUsage, "thoughtsTokenCount", 0, kReasoning},
    {kUsage, "cachedContentTokenCount", 0, kCached},
    {kUsage, "toolUsePromptTokenCount", 0, kToolInput},
    {kUsage, "totalTokenCount", 0, kTotal},
};

constexpr Watch kOllama[] = {
    {kRoot, "model", 0, kModel},
    {kRoot, "done", 0, kDone},
    {kRoot, "prompt_eval_count", 0, kInput},
    {kRoot, "eval_count", 0, kOutput},
};

template <size_t kSize>
constexpr bool IsSorted(const Watch (&watches)[kSize]) {
  for (size_t i = 1; i < kSize; ++i) {
    if (watches[i - 1].in > watches[i].in) return false;
  }
  return true;
}
static_assert(IsSorted(kOpenAi) && IsSorted(kAnthropic) && IsSorted(kGemini) && IsSorted(kOllama));

}  // namespace

absl::Span<const Watch> WatchesOf(catalog::UsageDialect dialect) {
  using catalog::UsageDialect;
  switch (dialect) {
    case UsageDialect::kNone:
      break;
    case UsageDialect::kOpenAi:
    case UsageDialect::kDashScope:
      return kOpenAi;
    case UsageDialect::kAnthropic:
      return kAnthropic;
    case UsageDialect::kGemini:
      return kGemini;
    case UsageDialect::kOllama:
      return kOllama;
  }
  return {};
}

}  // namespace sluice::meter
