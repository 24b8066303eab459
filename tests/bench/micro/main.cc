// sluice-micro-bench: what the single steps of a request cost, in about the order in which it goes
// through them. Takes the options of Google Benchmark; see --help.
#include <benchmark/benchmark.h>

#include "common/base/check.h"
#include "tests/bench/micro/allocation_count.h"
#include "tests/bench/micro/steps.h"

int main(int argc, char** argv) {
  SLUICE_CHECK(sluice::bench::CountOpenSsl(), "OpenSSL has allocated before main");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  sluice::bench::AddDownstreamSteps();
  sluice::bench::AddPinSteps();
  sluice::bench::AddPathSteps();
  sluice::bench::AddClientKeySteps();
  sluice::bench::AddGateSteps();
  sluice::bench::AddHeaderSteps();
  sluice::bench::AddUpstreamSteps();
  sluice::bench::AddUsageTapSteps();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
