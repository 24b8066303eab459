#include <benchmark/benchmark.h>

#include <chrono>

#include "common/base/check.h"
#include "dataplane/guard/in_flight_gate.h"
#include "dataplane/guard/rate_gate.h"
#include "tests/bench/micro/repeated_step.h"
#include "tests/bench/micro/steps.h"

namespace sluice::bench {
namespace {

constexpr guard::RateTerms kTerms{.spacing = std::chrono::milliseconds(1), .burst = 1};

// `step`: from one request to the next.
void AddRate(const char* name, std::chrono::nanoseconds step) {
  benchmark::RegisterBenchmark(name, [step](benchmark::State& state) {
    guard::RateGate gate;
    guard::RateGate::Time now{std::chrono::hours(1)};
    Repeat(state, [&] {
      benchmark::DoNotOptimize(gate.Pass(kTerms, now));
      now += step;
    });
  });
}

}  // namespace

void AddGateSteps() {
  AddRate("rate_gate/passes", kTerms.spacing);
  AddRate("rate_gate/refuses", std::chrono::nanoseconds(0));
  benchmark::RegisterBenchmark("in_flight_gate/enter_leave", [](benchmark::State& state) {
    guard::InFlightGate gate;
    Repeat(state, [&] {
      SLUICE_CHECK(gate.Enter(1), "a gate of the bench is not empty");
      gate.Leave();
    });
  });
}

}  // namespace sluice::bench
