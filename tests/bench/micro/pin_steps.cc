#include <benchmark/benchmark.h>

#include <memory>

#include "dataplane/config/snapshot_slot.h"
#include "tests/bench/micro/repeated_step.h"
#include "tests/bench/micro/steps.h"
#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::bench {

void AddPinSteps() {
  // With the copy that a request keeps.
  benchmark::RegisterBenchmark("pin/get", [](benchmark::State& state) {
    policy::Gateway gateway;
    gateway.AddProvider("openai", "openai");
    config::SnapshotSlot slot;
    slot.Publish(gateway.Build());
    config::SnapshotPin pin(slot);
    Repeat(state, [&] {
      const std::shared_ptr<const config::Snapshot> snapshot = pin.Get();
      benchmark::DoNotOptimize(snapshot.get());
    });
  });
}

}  // namespace sluice::bench
