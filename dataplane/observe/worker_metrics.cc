#include "dataplane/observe/worker_metrics.h"

namespace sluice::observe {
namespace {

constexpr size_t kServerErrors = 5;

uint64_t Load(const std::atomic<int64_t>& counter) {
  return static_cast<uint64_t>(counter.load(std::memory_order_relaxed));
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
  }
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
  return totals;
}

}  // namespace sluice::observe
