// A step done over and over: how long it takes, and, as the counters `allocs` and `bytes`, what it
// allocates each time.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "tests/bench/micro/allocation_count.h"

namespace sluice::bench {

inline void Tell(benchmark::State& state, uint64_t allocations, uint64_t bytes) {
  const auto each = [](uint64_t all) {
    return benchmark::Counter(static_cast<double>(all), benchmark::Counter::kAvgIterations);
  };
  state.counters["allocs"] = each(allocations);
  state.counters["bytes"] = each(bytes);
}

// Once before it counts: what a worker keeps from one request to the next is there then.
template <class Step>
void Repeat(benchmark::State& state, Step step) {
  step();
  const Allocated before = AllocatedSoFar();
  for ([[maybe_unused]] auto _ : state) step();
  const Allocated after = AllocatedSoFar();
  Tell(state, after.count - before.count, after.bytes - before.bytes);
}

// For a step that changes what it is given: each time a new copy, made beside time and count.
template <class Subject, class Step>
void RepeatOnCopies(benchmark::State& state, const Subject& subject, Step step) {
  // So many that stopping the clock for them does not tell.
  constexpr int kBatch = 256;
  uint64_t allocations = 0;
  uint64_t bytes = 0;
  while (state.KeepRunningBatch(kBatch)) {
    state.PauseTiming();
    std::vector<Subject> copies(kBatch, subject);
    state.ResumeTiming();
    const Allocated before = AllocatedSoFar();
    for (Subject& copy : copies) step(copy);
    const Allocated after = AllocatedSoFar();
    allocations += after.count - before.count;
    bytes += after.bytes - before.bytes;
    state.PauseTiming();
    copies.clear();
    state.ResumeTiming();
  }
  Tell(state, allocations, bytes);
}

}  // namespace sluice::bench
