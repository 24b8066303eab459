// What one worker counts. That worker writes, anyone reads: relaxed atomics that only one thread
// changes, so counting costs a plain load and store. A reader sees each number as of about now, not
// all of one instant.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/http/worker_levels.h"
#include "dataplane/observe/outcome.h"
#include "dataplane/observe/provider_traffic.h"
#include "dataplane/observe/usage_counts.h"

namespace sluice::observe {

// Which way bytes go: to the provider, or to the client.
enum class Direction { kUp, kDown };

// Of a base::Level.
struct LevelTotal {
  int64_t now = 0;
  int64_t highest = 0;  // of all workers the largest
};

// Plain numbers; workers' are added up.
struct WorkerTotals {
  static constexpr size_t kClasses = kStatusClasses;
  static constexpr size_t kSides = kFailureSides;

  std::array<std::array<uint64_t, kSides>, kClasses> requests{};
  int64_t in_flight = 0;
  int64_t open_streams = 0;
  int64_t connections = 0;
  uint64_t retries = 0;
  std::array<uint64_t, 2> bytes{};            // by Direction
  std::array<uint64_t, 2> pauses{};           // by Direction
  std::array<LevelTotal, 2> waiting_bytes{};  // by Direction
  int64_t upstream_connections = 0;
  int64_t idle_upstream_connections = 0;
  LevelTotal decoder_bytes;

  uint64_t all_requests() const;
  // Answered by the gateway itself with 5xx.
  uint64_t own_errors() const;
  WorkerTotals& operator+=(const WorkerTotals& other);
};

class alignas(64) WorkerMetrics {
 public:
  WorkerMetrics() = default;
  WorkerMetrics(const WorkerMetrics&) = delete;
  WorkerMetrics& operator=(const WorkerMetrics&) = delete;

  // The worker's thread. Each OnStarted is followed by one OnEnded.
  void OnStarted() { Add(in_flight_, 1); }
  void OnEnded(const RequestOutcome& outcome);
  // An answer whose length is not known, e.g. an event stream, is under way, or is no more.
  void OnStreamOpened() { Add(open_streams_, 1); }
  void OnStreamClosed() { Add(open_streams_, -1); }
  void OnConnectionOpened() { Add(connections_, 1); }
  void OnConnectionClosed() { Add(connections_, -1); }
  // A source was paused because the reader of that direction is behind.
  void OnPaused(Direction direction) { Add(pauses_[static_cast<size_t>(direction)], 1); }

  // A request is tried once more at its provider.
  void OnRetried() { Add(retries_, 1); }

  http::WorkerLevels& levels() { return levels_; }
  ProviderTraffic& traffic() { return traffic_; }
  const ProviderTraffic& traffic() const { return traffic_; }
  UsageCounts& usage() { return usage_; }
  const UsageCounts& usage() const { return usage_; }

  // Any thread.
  WorkerTotals Read() const;

 private:
  using Counter = std::atomic<int64_t>;
  static void Add(Counter& counter, int64_t count) {
    counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }

  std::array<std::array<Counter, WorkerTotals::kSides>, WorkerTotals::kClasses> requests_{};
  Counter in_flight_{0};
  Counter open_streams_{0};
  Counter connections_{0};
  Counter retries_{0};
  std::array<Counter, 2> bytes_{};
  std::array<Counter, 2> pauses_{};
  http::WorkerLevels levels_;
  ProviderTraffic traffic_;
  UsageCounts usage_;
};

}  // namespace sluice::observe
