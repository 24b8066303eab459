#include "dataplane/observe/worker_metrics.h"

#include <algorithm>

namespace sluice::observe {
namespace {

constexpr size_t kServerErrors = 5;

uint64_t Load(const std::atomic<int64_t>& counter) {
  return static_cast<uint64_t>(counter.load(std::memory_order_relaxed));
}

LevelTotal Load(const base::Level& level) { return {level.now(), level.highest()}; }

void Join(const LevelTotal& other, LevelTotal& sum) {
  sum.now += other.now;
  sum.highest = std::max(sum.highest, other.highest);
}

}  // namespace

uint64_t WorkerTotals::all_requests() const {
  uint64_t sum = 0;
  for (const auto& by_side : requests) {
    for (const uint64_t count : by_side) sum += count;
  }
  return sum;
}

uint64_t WorkerTotals::own_errors() const {
  uint64_t sum = 0;
  for (size_t side = 1; side < kSides; ++side) sum += requests[kServerErrors][side];
  return sum;
}

WorkerTotals& WorkerTotals::operator+=(const WorkerTotals& other) {
  for (size_t i = 0; i < kClasses; ++i) {
    for (size_t j = 0; j < kSides; ++j) requests[i][j] += other.requests[i][j];
  }
  in_flight += other.in_flight;
  open_streams += other.open_streams;
  connections += other.connections;
  retries += other.retries;
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] += other.bytes[i];
    pauses[i] += other.pauses[i];
    Join(other.waiting_bytes[i], waiting_bytes[i]);
  }
  upstream_connections += other.upstream_connections;
  idle_upstream_connections += other.idle_upstream_connections;
  Join(other.decoder_bytes, decoder_bytes);
  return *this;
}

void WorkerMetrics::OnEnded(const RequestOutcome& outcome) {
  Add(in_flight_, -1);
  Add(requests_[StatusClassOf(outcome.status)][FailureSideOf(outcome.failed)], 1);
  Add(bytes_[static_cast<size_t>(Direction::kUp)], static_cast<int64_t>(outcome.bytes_up));
  Add(bytes_[static_cast<size_t>(Direction::kDown)], static_cast<int64_t>(outcome.bytes_down));
}

WorkerTotals WorkerMetrics::Read() const {
  WorkerTotals totals;
  for (size_t i = 0; i < WorkerTotals::kClasses; ++i) {
    for (size_t j = 0; j < WorkerTotals::kSides; ++j) totals.requests[i][j] = Load(requests_[i][j]);
  }
  totals.in_flight = in_flight_.load(std::memory_order_relaxed);
  totals.open_streams = open_streams_.load(std::memory_order_relaxed);
  totals.connections = connections_.load(std::memory_order_relaxed);
  totals.retries = Load(retries_);
  for (size_t i = 0; i < totals.bytes.size(); ++i) {
    totals.bytes[i] = Load(bytes_[i]);
    totals.pauses[i] = Load(pauses_[i]);
  }
  totals.waiting_bytes = {Load(levels_.upload_bytes), Load(levels_.download_bytes)};
  totals.upstream_connections = levels_.upstream_connections.now();
  totals.idle_upstream_connections = levels_.idle_upstream_connections.now();
  totals.decoder_bytes = Load(levels_.decoder_bytes);
  return totals;
}

}  // namespace sluice::observe
