#include "dataplane/observe/tail_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataplane/observe/access_line.h"
#include "google/protobuf/text_format.h"
#include "tests/support/fake_clock.h"

namespace sluice::observe {
namespace {

using ::testing::ElementsAre;

fleet::v1::TailOrder OrderOf(const std::string& text) {
  fleet::v1::TailOrder order;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &order)) << text;
  return order;
}

RequestRecord Ended(const std::string& id, int status = 200) {
  RequestRecord record;
  record.ended_at = absl::FromUnixSeconds(7200);
  record.request_id = id;
  record.client_key_id = "k1";
  record.provider = "openai";
  record.outcome.status = status;
  return record;
}

class TailFeedTest : public ::testing::Test {
 protected:
  // The statuses of what is taken.
  std::vector<int> Statuses() {
    std::vector<int> statuses;
    while (const auto taken = feed_.Take()) {
      for (const auto& line : taken->lines()) statuses.push_back(line.status());
    }
    return statuses;
  }

  test::FakeClock clock_;
  TailFeed feed_{"n1", clock_};
};

TEST_F(TailFeedTest, WithoutAnOrderThereIsNothing) {
  feed_.Offer(Ended("a"));
  EXPECT_FALSE(feed_.HasNews());
  EXPECT_FALSE(feed_.Take().has_value());
  feed_.Watch(OrderOf("lines_per_second: 10"));
  feed_.Offer(Ended("b"));
  EXPECT_FALSE(feed_.Take().has_value()) << "no filter";
  EXPECT_EQ(feed_.state().left_out, 0u);
}

TEST_F(TailFeedTest, ALineIsThatOfTheAccessLogAndSaysWhatFiltersLookAt) {
  feed_.Watch(OrderOf("filters { } lines_per_second: 10"));
  RequestRecord record = Ended("a", 502);
  record.outcome.failed = http::Side::kUpstream;
  feed_.Offer(record);
  EXPECT_TRUE(feed_.HasNews());
  const auto taken = feed_.Take();
  ASSERT_TRUE(taken.has_value());
  ASSERT_EQ(taken->lines_size(), 1);
  EXPECT_EQ(taken->lines(0).json() + "\n", AccessLine(record, "n1"));
  EXPECT_EQ(taken->lines(0).client_key_id(), "k1");
  EXPECT_EQ(taken->lines(0).provider(), "openai");
  EXPECT_EQ(taken->lines(0).status(), 502);
  EXPECT_TRUE(taken->lines(0).failed());
  EXPECT_EQ(taken->left_out(), 0);
  EXPECT_FALSE(feed_.HasNews());
  EXPECT_EQ(feed_.state().sent, 1u);
}

TEST_F(TailFeedTest, WhatFitsOneOfTheFiltersIsTaken) {
  feed_.Watch(
      OrderOf("filters { status: 5 } filters { client_key_id: 'k2' provider: 'groq' } "
              "filters { status: 404 failed_only: true } lines_per_second: 100"));
  feed_.Offer(Ended("a", 200));
  feed_.Offer(Ended("b", 503));
  RequestRecord other = Ended("c", 201);
  other.client_key_id = "k2";
  feed_.Offer(other);  // another provider
  other.provider = "groq";
  other.outcome.status = 202;
  feed_.Offer(other);
  feed_.Offer(Ended("d", 404));  // the provider's own: it went through
  RequestRecord failed = Ended("e", 404);
  failed.outcome.failed = http::Side::kDownstream;
  feed_.Offer(failed);
  EXPECT_THAT(Statuses(), ElementsAre(503, 202, 404));
  EXPECT_EQ(feed_.state().left_out, 0u) << "what nobody wants is not left out";
}

TEST_F(TailFeedTest, AFilterThatIsNonsenseFitsNothing) {
  feed_.Watch(OrderOf("filters { status: 700 } lines_per_second: 10"));
  feed_.Offer(Ended("a", 200));
  feed_.Offer(Ended("b", 700));
  EXPECT_FALSE(feed_.Take().has_value());
}

TEST_F(TailFeedTest, WhatIsMoreThanTheOrderAllowsIsCounted) {
  feed_.Watch(OrderOf("filters { } lines_per_second: 3"));
  for (int i = 0; i < 10; ++i) feed_.Offer(Ended("a"));
  const auto taken = feed_.Take();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->lines_size(), 3);
  EXPECT_EQ(taken->left_out(), 7);
  clock_.Advance(absl::Seconds(1));
  for (int i = 0; i < 10; ++i) feed_.Offer(Ended("a"));
  EXPECT_EQ(feed_.Take()->lines_size(), 3);
  EXPECT_EQ(feed_.state().sent, 6u);
  EXPECT_EQ(feed_.state().left_out, 14u);
}

TEST_F(TailFeedTest, ACountAloneComesOnceASecond) {
  feed_.Watch(OrderOf("filters { } lines_per_second: 1"));
  feed_.Offer(Ended("a"));
  ASSERT_TRUE(feed_.Take().has_value());
  feed_.Offer(Ended("b"));
  EXPECT_FALSE(feed_.HasNews());
  EXPECT_FALSE(feed_.Take().has_value());
  clock_.Advance(TailFeed::kCountAlone);
  EXPECT_TRUE(feed_.HasNews());
  const auto taken = feed_.Take();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->lines_size(), 0);
  EXPECT_EQ(taken->left_out(), 1);
}

TEST_F(TailFeedTest, WhatNobodyTakesIsBoundedAndComesInPieces) {
  feed_.Watch(OrderOf("filters { } lines_per_second: 1000000"));
  constexpr auto kMost = static_cast<int>(TailFeed::kMostLines);
  for (int i = 0; i < kMost + 50; ++i) feed_.Offer(Ended("a"));
  int lines = 0;
  int64_t left_out = 0;
  while (const auto taken = feed_.Take()) {
    EXPECT_LE(taken->lines_size(), TailFeed::kMostTaken);
    EXPECT_LE(taken->ByteSizeLong(), TailFeed::kMostTakenBytes + size_t{4096});
    lines += taken->lines_size();
    left_out += taken->left_out();
  }
  EXPECT_EQ(lines, kMost);
  EXPECT_EQ(left_out, 50);
}

TEST_F(TailFeedTest, LongLinesAreBoundedInBytes) {
  feed_.Watch(OrderOf("filters { } lines_per_second: 1000000"));
  feed_.Offer(Ended(std::string(TailFeed::kMostLineBytes, 'x')));
  EXPECT_EQ(feed_.state().left_out, 1u);
  const std::string long_id(30'000, 'x');
  for (int i = 0; i < 200; ++i) feed_.Offer(Ended(long_id));
  EXPECT_GT(feed_.state().left_out, 100u) << "of two MiB";
  const auto taken = feed_.Take();
  ASSERT_TRUE(taken.has_value());
  EXPECT_GE(taken->lines_size(), 1);
  EXPECT_LT(taken->ByteSizeLong(), size_t{256} << 10) << "what a control plane takes";
}

TEST_F(TailFeedTest, WhatWasSummedUpIsCountedWhereItFits) {
  feed_.Watch(OrderOf("filters { provider: 'openai' failed_only: true } lines_per_second: 10"));
  fleet::v1::UsageRecord sum;
  sum.set_requests(40);
  sum.set_provider("openai");
  sum.set_side(fleet::v1::UsageRecord::NONE);
  feed_.Miss(sum);
  EXPECT_FALSE(feed_.HasNews());
  sum.set_side(fleet::v1::UsageRecord::GATEWAY);
  feed_.Miss(sum);
  const auto taken = feed_.Take();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->left_out(), 40);
}

TEST_F(TailFeedTest, TheNewestOrderReplacesTheOneBeforeAndAnEmptyOneEndsIt) {
  feed_.Watch(OrderOf("filters { status: 200 } lines_per_second: 10"));
  feed_.Watch(OrderOf("filters { status: 500 } lines_per_second: 10"));
  feed_.Offer(Ended("a", 200));
  feed_.Offer(Ended("b", 500));
  EXPECT_THAT(Statuses(), ElementsAre(500));
  feed_.Offer(Ended("c", 500));
  feed_.Watch({});
  EXPECT_FALSE(feed_.HasNews());
  EXPECT_FALSE(feed_.Take().has_value()) << "what waited is gone";
}

}  // namespace
}  // namespace sluice::observe
