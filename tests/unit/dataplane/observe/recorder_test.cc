#include "dataplane/observe/recorder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "common/base/file.h"
#include "tests/support/deadline.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace sluice::observe {
namespace {

RequestRecord Ended(const std::string& key) {
  RequestRecord record;
  record.ended_at = absl::FromUnixSeconds(7200);
  record.client_key_id = key;
  record.provider = "openai";
  record.outcome.status = 200;
  record.tokens.input = 1;
  return record;
}

class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest() {
    auto spool = UsageSpool::Open({folder_.File("usage")}, clock_);
    EXPECT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
  }
  // Requests, in as many records.
  std::pair<int64_t, int64_t> Delivered() {
    int64_t requests = 0;
    int64_t records = 0;
    while (auto batch = spool_->Next()) {
      fleet::v1::UsageAck ack;
      ack.set_segment(batch->segment());
      ack.set_stored(batch->first() + batch->records_size() - 1);
      for (const auto& record : batch->records()) requests += record.requests();
      records += batch->records_size();
      spool_->Acknowledge(ack);
    }
    return {requests, records};
  }

  test::TempFolder folder_;
  test::FakeClock clock_;
  std::unique_ptr<UsageSpool> spool_;
};

TEST_F(RecorderTest, EveryRecordOfEveryWorkerGoesToSpoolAndLog) {
  auto log = AccessLog::Open(folder_.File("access.log"));
  ASSERT_TRUE(log.ok());
  std::atomic<int> bells{0};
  {
    Recorder recorder("node-1", *spool_, log->get());
    std::vector<RecordQueue*> queues;
    for (int i = 0; i < 4; ++i) queues.push_back(&recorder.AddQueue());
    recorder.Start([&bells] { ++bells; });
    std::vector<std::thread> workers;
    for (RecordQueue* queue : queues) {
      workers.emplace_back([queue] {
        for (int i = 0; i < 1000; ++i) queue->Push(Ended("key"));
      });
    }
    for (std::thread& worker : workers) worker.join();
    EXPECT_TRUE(test::Eventually([&] { return bells > 0; }));
  }
  log->reset();
  EXPECT_EQ(Delivered(), (std::pair<int64_t, int64_t>{4000, 4000}));
  const std::string text = base::ReadFile(folder_.File("access.log")).value_or("");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4000);
}

TEST_F(RecorderTest, AWorkerThatIsFasterLosesDetailButNoToken) {
  auto log = AccessLog::Open(folder_.File("access.log"));
  ASSERT_TRUE(log.ok());
  constexpr int64_t kMore = 500;
  constexpr auto kRecords = static_cast<int64_t>(RecordQueue::kMostRecords) + kMore;
  {
    Recorder recorder("node-1", *spool_, log->get());
    RecordQueue& queue = recorder.AddQueue();
    for (int64_t i = 0; i < kRecords; ++i) queue.Push(Ended("key"));
  }
  EXPECT_EQ(Delivered(), (std::pair<int64_t, int64_t>{kRecords, kRecords - kMore + 1}));
  EXPECT_EQ((*log)->dropped(), static_cast<uint64_t>(kMore));
}

class Traces final : public TraceTaker {
 public:
  void Take(const RequestRecord& record) override { taken.push_back(record.client_key_id); }
  void Miss(uint64_t requests) override { missed += requests; }

  std::vector<std::string> taken;
  uint64_t missed = 0;
};

RequestRecord Traced(const std::string& key) {
  RequestRecord record = Ended(key);
  record.trace = std::make_shared<const TraceNote>();
  return record;
}

TEST_F(RecorderTest, WhatHasATraceIsToldOn) {
  Traces traces;
  Recorder recorder("node-1", *spool_, nullptr, &traces);
  RecordQueue& queue = recorder.AddQueue();
  queue.Push(Ended("without"));
  queue.Push(Traced("with"));
  recorder.Settle();
  EXPECT_EQ(traces.taken, std::vector<std::string>{"with"});
  EXPECT_EQ(traces.missed, 0u);
}

TEST_F(RecorderTest, TracesOfWhatIsSummedUpAreMissed) {
  Traces traces;
  Recorder recorder("node-1", *spool_, nullptr, &traces);
  RecordQueue& queue = recorder.AddQueue();
  for (size_t i = 0; i < RecordQueue::kMostRecords; ++i) queue.Push(Ended("key"));
  queue.Push(Traced("key"));
  queue.Push(Ended("key"));
  queue.Push(Traced("key"));
  recorder.Settle();
  recorder.Settle();
  EXPECT_TRUE(traces.taken.empty());
  EXPECT_EQ(traces.missed, 2u);
}

TEST_F(RecorderTest, WhoWatchesIsRungForWithoutAnAccessLog) {
  TailFeed tail("node-1", clock_);
  fleet::v1::TailOrder order;
  order.add_filters()->set_client_key_id("seen");
  order.set_lines_per_second(1000);
  tail.Watch(order);
  std::atomic<int> bells{0};
  Recorder recorder("node-1", *spool_, nullptr, nullptr, &tail);
  RecordQueue& queue = recorder.AddQueue();
  queue.Push(Ended("other"));
  queue.Push(Ended("seen"));
  recorder.Start([] {}, [&bells] { ++bells; });
  ASSERT_TRUE(test::Eventually([&] { return bells > 0; }));
  const auto taken = tail.Take();
  ASSERT_TRUE(taken.has_value());
  ASSERT_EQ(taken->lines_size(), 1);
  EXPECT_EQ(taken->lines(0).client_key_id(), "seen");
}

TEST_F(RecorderTest, WhatWasFoldedIsLeftOutOfATail) {
  TailFeed tail("node-1", clock_);
  fleet::v1::TailOrder order;
  order.add_filters();
  order.set_lines_per_second(1);
  tail.Watch(order);
  constexpr auto kRecords = static_cast<int64_t>(RecordQueue::kMostRecords) + 500;
  {
    Recorder recorder("node-1", *spool_, nullptr, nullptr, &tail);
    RecordQueue& queue = recorder.AddQueue();
    for (int64_t i = 0; i < kRecords; ++i) queue.Push(Ended("key"));
  }
  const auto taken = tail.Take();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->lines_size(), 1);
  EXPECT_EQ(taken->left_out(), kRecords - 1);
}

TEST_F(RecorderTest, SettleWritesWhatHasEnded) {
  Recorder recorder("node-1", *spool_, nullptr);
  RecordQueue& queue = recorder.AddQueue();
  queue.Push(Ended("key"));
  EXPECT_EQ(Delivered().first, 0);
  recorder.Settle();
  EXPECT_EQ(Delivered().first, 1);
}

}  // namespace
}  // namespace sluice::observe
