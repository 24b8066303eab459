#include "dataplane/observe/worker_metrics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace sluice::observe {
namespace {

TEST(WorkerMetrics, CountsByClassAndSide) {
  WorkerMetrics metrics;
  const RequestOutcome outcomes[] = {
      {.status = 200, .failed = std::nullopt, .bytes_up = 10, .bytes_down = 100},
      {.status = 200, .failed = http::Side::kUpstream, .bytes_up = 1, .bytes_down = 2},
      {.status = 401, .failed = http::Side::kGateway},
      {.status = 500, .failed = std::nullopt},
      {.status = 504, .failed = http::Side::kUpstream},
      {.status = 0, .failed = http::Side::kDownstream},
  };
  for (const RequestOutcome& outcome : outcomes) {
    metrics.OnStarted();
    metrics.OnEnded(outcome);
  }
  const WorkerTotals totals = metrics.Read();
  EXPECT_EQ(totals.requests[2][0], 1U);
  EXPECT_EQ(totals.requests[2][3], 1U);
  EXPECT_EQ(totals.requests[4][1], 1U);
  EXPECT_EQ(totals.requests[5][0], 1U);
  EXPECT_EQ(totals.requests[5][3], 1U);
  EXPECT_EQ(totals.requests[0][2], 1U);
  EXPECT_EQ(totals.all_requests(), 6U);
  EXPECT_EQ(totals.bytes[0], 11U);
  EXPECT_EQ(totals.bytes[1], 102U);
  EXPECT_EQ(totals.in_flight, 0);
}

TEST(WorkerMetrics, AProvidersOwn5xxIsNoErrorOfTheGateway) {
  WorkerMetrics metrics;
  metrics.OnEnded({.status = 500, .failed = std::nullopt});
  EXPECT_EQ(metrics.Read().own_errors(), 0U);
  metrics.OnEnded({.status = 502, .failed = http::Side::kUpstream});
  metrics.OnEnded({.status = 503, .failed = http::Side::kGateway});
  metrics.OnEnded({.status = 401, .failed = http::Side::kGateway});
  EXPECT_EQ(metrics.Read().own_errors(), 2U);
}

TEST(WorkerMetrics, AStatusThatIsNoneCountsAsNone) {
  WorkerMetrics metrics;
  for (const int status : {-1, 0, 99, 600, 100000}) metrics.OnEnded({.status = status});
  EXPECT_EQ(metrics.Read().requests[0][0], 5U);
}

TEST(WorkerMetrics, CountsStreamsThatAreOpen) {
  WorkerMetrics one;
  WorkerMetrics other;
  one.OnStreamOpened();
  one.OnStreamOpened();
  other.OnStreamOpened();
  one.OnStreamClosed();
  WorkerTotals totals = one.Read();
  totals += other.Read();
  EXPECT_EQ(totals.open_streams, 2);
}

TEST(WorkerMetrics, CountsWhatIsOpenAndWhatWasPaused) {
  WorkerMetrics metrics;
  metrics.OnStarted();
  metrics.OnStarted();
  metrics.OnEnded({.status = 200});
  metrics.OnConnectionOpened();
  metrics.OnConnectionOpened();
  metrics.OnConnectionClosed();
  metrics.OnPaused(Direction::kDown);
  metrics.OnPaused(Direction::kDown);
  metrics.OnPaused(Direction::kUp);
  const WorkerTotals totals = metrics.Read();
  EXPECT_EQ(totals.in_flight, 1);
  EXPECT_EQ(totals.connections, 1);
  EXPECT_EQ(totals.pauses[0], 1U);
  EXPECT_EQ(totals.pauses[1], 2U);
}

TEST(WorkerMetrics, LevelsOfWorkersAddUpAndTheirHighestIsTheLargest) {
  WorkerMetrics one;
  WorkerMetrics other;
  one.levels().download_bytes.Set(700);
  one.levels().download_bytes.Set(100);
  other.levels().download_bytes.Set(500);
  other.levels().upload_bytes.Set(3);
  one.levels().upstream_connections.Add(3);
  one.levels().idle_upstream_connections.Add(2);
  other.levels().decoder_bytes.Set(9);
  WorkerTotals totals = one.Read();
  totals += other.Read();
  EXPECT_EQ(totals.waiting_bytes[0].now, 3);
  EXPECT_EQ(totals.waiting_bytes[1].now, 600);
  EXPECT_EQ(totals.waiting_bytes[1].highest, 700);
  EXPECT_EQ(totals.upstream_connections, 3);
  EXPECT_EQ(totals.idle_upstream_connections, 2);
  EXPECT_EQ(totals.decoder_bytes.highest, 9);
}

TEST(WorkerMetrics, IsReadWhileItsWorkerCounts) {
  constexpr uint64_t kRequests = 20'000;
  WorkerMetrics metrics;
  std::thread worker([&] {
    for (uint64_t i = 0; i < kRequests; ++i) {
      metrics.OnStarted();
      metrics.OnEnded({.status = 200, .failed = std::nullopt, .bytes_up = 1, .bytes_down = 2});
    }
  });
  uint64_t seen = 0;
  bool falling = false;
  while (seen < kRequests) {
    const uint64_t now = metrics.Read().all_requests();
    falling = falling || now < seen;
    seen = now;
  }
  worker.join();
  EXPECT_FALSE(falling);
  EXPECT_EQ(metrics.Read().bytes[1], 2 * kRequests);
}

}  // namespace
}  // namespace sluice::observe
