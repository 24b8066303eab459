#include <benchmark/benchmark.h>

#include <string>

#include "common/base/check.h"
#include "dataplane/edge/request_parser.h"
#include "dataplane/http/limits.h"
#include "tests/bench/micro/repeated_step.h"
#include "tests/bench/micro/sample_messages.h"
#include "tests/bench/micro/steps.h"

namespace sluice::bench {
namespace {

void AddHead(const char* name, size_t fields) {
  benchmark::RegisterBenchmark(name, [fields](benchmark::State& state) {
    const std::string text = RequestText("slk_" + std::string(68, 'a'), fields);
    const http::Limits limits;
    edge::RequestParser parser;
    Repeat(state, [&] {
      parser.Start(limits);
      const auto step = parser.Next(text);
      SLUICE_CHECK(step.event == edge::RequestParser::Event::kHead, "a request is refused");
      benchmark::DoNotOptimize(step.consumed);
    });
  });
}

}  // namespace

void AddDownstreamSteps() {
  AddHead("request_parser/head_8", 8);
  AddHead("request_parser/head_40", 40);
}

}  // namespace sluice::bench
