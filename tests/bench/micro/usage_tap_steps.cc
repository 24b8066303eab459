#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "common/base/text.h"
#include "dataplane/meter/usage_tap.h"
#include "tests/bench/micro/repeated_step.h"
#include "tests/bench/micro/steps.h"

namespace sluice::bench {
namespace {

constexpr std::string_view kHead =
    R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
    R"("model":"gpt-5","service_tier":"default","system_fingerprint":"fp_1","choices":[)";

std::string Word() {
  return base::Cat(kHead,
                   R"({"index":0,"delta":{"content":" word"},"logprobs":null,)"
                   R"("finish_reason":null}],"usage":null})",
                   "\n\n");
}

std::string Sum() {
  return base::Cat(kHead,
                   R"(],"usage":{"prompt_tokens":1100,"completion_tokens":700,"total_tokens":1800,)"
                   R"("prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},)"
                   R"("completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}})",
                   "\n\n");
}

// One event after the other past the same tap.
void AddEvent(const char* name, const std::string& event) {
  benchmark::RegisterBenchmark(name, [event](benchmark::State& state) {
    meter::DecodingBudget budget;
    meter::UsageTap tap(catalog::UsageDialect::kOpenAi,
                        {meter::Layout::kEvents, meter::Coding::kIdentity}, budget);
    Repeat(state, [&] {
      tap.Feed(event);
      benchmark::ClobberMemory();
    });
  });
}

}  // namespace

void AddUsageTapSteps() {
  AddEvent("usage_tap/word", Word());
  AddEvent("usage_tap/usage", Sum());
}

}  // namespace sluice::bench
