#include "dataplane/trace/exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "tests/support/deadline.h"
#include "tests/support/raw_upstream.h"
#include "tests/unit/dataplane/trace/traced_record.h"

namespace sluice::trace {
namespace {

using test::Eventually;
using test::RawSocket;
using test::RawUpstream;
using ::testing::HasSubstr;

constexpr char kTaken[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
constexpr char kBusy[] = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";
constexpr char kNotWanted[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

// Of one span.
observe::RequestRecord OneSpan() {
  observe::RequestRecord record = TracedRecord();
  record.tries = 0;
  return record;
}

size_t SpansIn(const std::string& request) {
  const auto body =
      nlohmann::json::parse(request.substr(request.find("\r\n\r\n") + 4), nullptr, false);
  EXPECT_TRUE(body.is_object()) << request;
  return body.is_object() ? body["resourceSpans"][0]["scopeSpans"][0]["spans"].size() : 0;
}

Exporter::Options Quick(const std::string& endpoint) {
  Exporter::Options options;
  options.endpoint = endpoint;
  options.resource = {"node-1", "1.2.3"};
  options.gathering = absl::Milliseconds(5);
  options.first_pause = absl::Milliseconds(1);
  return options;
}

// Sends only what makes a whole batch, and the rest in the end.
Exporter::Options Gathering(const std::string& endpoint) {
  Exporter::Options options = Quick(endpoint);
  options.gathering = absl::Hours(1);
  return options;
}

TEST(ExporterTest, SpansArriveInTheCollectorsForm) {
  RawUpstream collector({kTaken});
  Exporter::Options options = Quick(collector.url() + "/otlp");
  options.headers.emplace_back(std::string_view("X-Collector-Key: k-1"));
  Exporter exporter(std::move(options));
  exporter.Take(TracedRecord());
  ASSERT_TRUE(collector.WaitForRequests(1));
  const std::string request = collector.requests().front();
  EXPECT_TRUE(request.starts_with("POST /otlp/v1/traces HTTP/1.1\r\n")) << request;
  EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nX-Collector-Key: k-1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nUser-Agent: sluice-dataplane/1.2.3\r\n"));
  EXPECT_EQ(SpansIn(request), 2u);
  EXPECT_TRUE(Eventually([&] { return exporter.state().exported == 2; }));
  EXPECT_EQ(exporter.state().waiting, 0u);
  EXPECT_EQ(exporter.state().failures, 0u);
}

TEST(ExporterTest, WhatIsNotTakenNowIsSentAgain) {
  RawUpstream collector({kBusy, kBusy, kTaken});
  Exporter exporter(Quick(collector.url()));
  exporter.Take(OneSpan());
  ASSERT_TRUE(Eventually([&] { return exporter.state().exported == 1; }));
  EXPECT_EQ(exporter.state().failures, 2u);
  const auto requests = collector.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0], requests[2]);
}

TEST(ExporterTest, AfterSeveralAttemptsABatchIsDropped) {
  RawUpstream collector({kBusy});
  Exporter exporter(Quick(collector.url()));
  exporter.Take(OneSpan());
  ASSERT_TRUE(Eventually([&] { return exporter.state().dropped.unreachable == 1; }));
  EXPECT_EQ(collector.requests().size(), static_cast<size_t>(Exporter::kMostAttempts));
  EXPECT_EQ(exporter.state().failures, static_cast<uint64_t>(Exporter::kMostAttempts));
  EXPECT_EQ(exporter.state().exported, 0u);
  EXPECT_EQ(exporter.state().waiting, 0u);
}

TEST(ExporterTest, WhatIsNotWantedIsNotSentAgain) {
  RawUpstream collector({kNotWanted, kTaken});
  Exporter exporter(Quick(collector.url()));
  exporter.Take(OneSpan());
  ASSERT_TRUE(Eventually([&] { return exporter.state().dropped.refused == 1; }));
  exporter.Take(TracedRecord());
  ASSERT_TRUE(Eventually([&] { return exporter.state().exported == 2; })) << "the next goes on";
  EXPECT_EQ(collector.requests().size(), 2u);
}

TEST(ExporterTest, ACollectorThatRefusesConnectionsCostsSpansOnly) {
  std::string nobody;
  {
    const RawUpstream gone({kTaken});
    nobody = gone.url();
  }
  Exporter exporter(Quick(nobody));
  exporter.Take(OneSpan());
  EXPECT_TRUE(Eventually([&] { return exporter.state().dropped.unreachable == 1; }));
}

TEST(ExporterTest, ACollectorThatDropsTheConnectionIsAskedAgain) {
  RawUpstream collector{RawUpstream::Script([&collector](RawSocket& socket, size_t index) {
    collector.Record(RawUpstream::ReadRequest(socket));
    if (index > 0) {
      EXPECT_TRUE(socket.SendAll(kTaken).ok());
    }
  })};
  Exporter exporter(Quick(collector.url()));
  exporter.Take(OneSpan());
  EXPECT_TRUE(Eventually([&] { return exporter.state().exported == 1; }));
  EXPECT_EQ(exporter.state().failures, 1u);
}

TEST(ExporterTest, BatchesAndTheQueueAreBounded) {
  // Takes the first batch and never answers.
  RawUpstream collector{RawUpstream::Script([&collector](RawSocket& socket, size_t) {
    collector.Record(RawUpstream::ReadRequest(socket));
    (void)socket.WaitForEnd(test::Deadline(std::chrono::minutes(2)));
  })};
  Exporter::Options options = Gathering(collector.url());
  options.farewell = absl::Milliseconds(50);
  {
    Exporter exporter(std::move(options));
    for (size_t i = 0; i < Exporter::kMostInBatch; ++i) exporter.Take(OneSpan());
    ASSERT_TRUE(collector.WaitForRequests(1));
    for (size_t i = 0; i < Exporter::kMostWaiting + 10; ++i) exporter.Take(OneSpan());
    exporter.Miss(3);
    const observe::TraceState state = exporter.state();
    EXPECT_EQ(state.waiting, Exporter::kMostWaiting + Exporter::kMostInBatch);
    EXPECT_EQ(state.dropped.queue_full, 13u);
    EXPECT_EQ(state.exported, 0u);
  }
  // It ended, although nobody answers.
  EXPECT_EQ(SpansIn(collector.requests().front()), Exporter::kMostInBatch);
}

TEST(ExporterTest, WhatIsLeftInTheEndIsSent) {
  RawUpstream collector({kTaken});
  constexpr size_t kSpans = Exporter::kMostInBatch + 100;
  {
    Exporter::Options options = Gathering(collector.url());
    options.farewell = absl::Minutes(1);
    Exporter exporter(std::move(options));
    for (size_t i = 0; i < kSpans; ++i) exporter.Take(OneSpan());
  }
  size_t sent = 0;
  for (const std::string& request : collector.requests()) {
    EXPECT_LE(SpansIn(request), Exporter::kMostInBatch);
    sent += SpansIn(request);
  }
  EXPECT_EQ(sent, kSpans);
}

TEST(ExporterTest, InTheEndABusyCollectorIsAskedOnceMoreAndNoLonger) {
  RawUpstream collector({kBusy});
  {
    Exporter::Options options = Gathering(collector.url());
    options.farewell = absl::Minutes(1);
    options.first_pause = absl::Hours(1);
    Exporter exporter(std::move(options));
    exporter.Take(OneSpan());
  }
  EXPECT_EQ(collector.requests().size(), 1u);
}

}  // namespace
}  // namespace sluice::trace
