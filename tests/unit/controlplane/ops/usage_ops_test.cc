#include "controlplane/ops/usage_ops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/controlplane/ops/ops_fixture.h"
#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::ops {
namespace {

using admin::v1::ListUsageRecordsRequest;
using admin::v1::QueryUsageRequest;
using ::testing::HasSubstr;

class UsageOpsTest : public OpsFixture {
 protected:
  UsageOpsTest()
      : usage_(store::OpenUsage(folder_.File("usage.db"))), ops_(*store_, *usage_, clock_) {
    clock_.now = store::kUsageTime;
  }

  std::string NewKey(const std::string& name) {
    auto made = CreateClientKey(name);
    EXPECT_TRUE(made.ok()) << made.status();
    return made->client_key().id();
  }
  void Use(const std::string& key, int requests, absl::Time at = store::kUsageTime) {
    auto record = store::UsageOf("provider: 'p'", at);
    record.set_client_key_id(key);
    record.set_requests(requests);
    ASSERT_TRUE(usage_->Add({store::BatchOf("n1", segment_++, 1, {record})}, clock_.now).ok());
  }
  int64_t Requests(const std::function<void(admin::v1::UsageFilter&)>& change) {
    QueryUsageRequest request;
    change(*request.mutable_filter());
    const auto response = ops_.Query(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->total().requests() : -1;
  }
  std::string Refusal(const std::function<void(QueryUsageRequest&)>& change) {
    QueryUsageRequest request;
    change(request);
    const absl::Status status = ops_.Query(request).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status) || absl::IsNotFound(status)) << status;
    return MessageOf(status);
  }

  std::unique_ptr<store::UsageStore> usage_;
  UsageOps ops_;
  char segment_ = 'A';
};

TEST_F(UsageOpsTest, KeysAreAskedForAndAnsweredByName) {
  const std::string web = NewKey("web");
  const std::string batch = NewKey("batch");
  Use(web, 3);
  Use(batch, 4);
  Use("corp:0123abcd", 5);
  Use("goneid", 6);
  Use("", 7);
  const auto asked = [&](const std::string& key) {
    return Requests([&](admin::v1::UsageFilter& filter) { filter.add_client_keys(key); });
  };
  EXPECT_EQ(asked("web"), 3);
  EXPECT_EQ(asked(web), 3);
  EXPECT_EQ(asked("corp:0123abcd"), 5);
  EXPECT_EQ(Requests([](admin::v1::UsageFilter& filter) {
              filter.add_client_keys("web");
              filter.add_client_keys("batch");
            }),
            7);
  QueryUsageRequest request;
  request.add_by(admin::v1::BY_CLIENT_KEY);
  const auto response = ops_.Query(request);
  ASSERT_TRUE(response.ok()) << response.status();
  std::vector<std::string> rows;
  for (const auto& row : response->rows()) {
    rows.push_back(row.client_key_id() + "=" + row.client_key_name());
  }
  EXPECT_THAT(rows, ::testing::UnorderedElementsAre(web + "=web", batch + "=batch",
                                                    "corp:0123abcd=", "goneid=", "="));
}

TEST_F(UsageOpsTest, ANameMeansTheKeysThatHadItBeforeTheyWereRotatedToo) {
  const std::string old_id = NewKey("web");
  admin::v1::RotateClientKeyRequest rotate;
  rotate.set_key("web");
  const auto rotated = client_keys_.Rotate(By("RotateClientKey"), rotate);
  ASSERT_TRUE(rotated.ok()) << rotated.status();
  Use(old_id, 2);
  Use(rotated->client_key().id(), 3);
  const auto asked = [&](const std::string& key) {
    return Requests([&](admin::v1::UsageFilter& filter) { filter.add_client_keys(key); });
  };
  EXPECT_EQ(asked("web"), 5);
  EXPECT_EQ(asked(old_id), 2);
}

TEST_F(UsageOpsTest, ALongSubjectIsAskedForAsItIsStored) {
  const std::string subject = "corp:" + std::string(300, 'x');
  Use(store::UsageText(subject), 2);
  EXPECT_EQ(Requests([&](admin::v1::UsageFilter& filter) { filter.add_client_keys(subject); }), 2);
}

TEST_F(UsageOpsTest, TheLastDayIsMeantUnlessATimeIsGiven) {
  Use("", 1, clock_.now);
  Use("", 2, clock_.now - absl::Hours(24));
  Use("", 4, clock_.now - absl::Hours(25));
  EXPECT_EQ(Requests([](admin::v1::UsageFilter&) {}), 3);
  const auto seconds = [](absl::Time time) { return absl::ToUnixSeconds(time); };
  EXPECT_EQ(Requests([&](admin::v1::UsageFilter& filter) {
              filter.mutable_since()->set_seconds(seconds(clock_.now - absl::Hours(25)));
            }),
            7);
  EXPECT_EQ(Requests([&](admin::v1::UsageFilter& filter) {
              filter.mutable_until()->set_seconds(seconds(clock_.now - absl::Hours(24)));
            }),
            4)
      << "the day before `until`";
}

TEST_F(UsageOpsTest, WhatIsAskedForWrongIsNamed) {
  EXPECT_THAT(
      Refusal([](QueryUsageRequest& r) { r.add_by(admin::v1::USAGE_DIMENSION_UNSPECIFIED); }),
      HasSubstr("by: there is no dimension 0"));
  EXPECT_THAT(
      Refusal([](QueryUsageRequest& r) { r.add_by(static_cast<admin::v1::UsageDimension>(99)); }),
      HasSubstr("by: there is no dimension 99"));
  EXPECT_THAT(Refusal([](QueryUsageRequest& r) {
                r.add_by(admin::v1::BY_NODE);
                r.add_by(admin::v1::BY_NODE);
              }),
              HasSubstr("by: BY_NODE is there twice"));
  EXPECT_THAT(Refusal([](QueryUsageRequest& r) {
                r.add_by(admin::v1::BY_DAY);
                r.add_by(admin::v1::BY_HOUR);
              }),
              HasSubstr("by: BY_HOUR and BY_DAY exclude"));
  EXPECT_THAT(Refusal([](QueryUsageRequest& r) { r.mutable_filter()->add_client_keys("none"); }),
              HasSubstr("filter.client_keys: there is no client key \"none\""));
  EXPECT_THAT(
      Refusal([](QueryUsageRequest& r) { r.mutable_filter()->mutable_since()->set_seconds(-1); }),
      HasSubstr("filter.since: is no time"));
  EXPECT_THAT(Refusal([](QueryUsageRequest& r) {
                r.mutable_filter()->mutable_until()->set_nanos(1'000'000'000);
              }),
              HasSubstr("filter.until: is no time"));
  EXPECT_THAT(Refusal([](QueryUsageRequest& r) {
                r.mutable_filter()->mutable_since()->set_seconds(50);
                r.mutable_filter()->mutable_until()->set_seconds(50);
              }),
              HasSubstr("filter.since: is not before filter.until"));
  EXPECT_THAT(Refusal([](QueryUsageRequest& r) {
                for (int i = 0; i < 101; ++i) r.mutable_filter()->add_models("m");
              }),
              HasSubstr("filter.models: has 101 entries, not at most 100"));
}

TEST_F(UsageOpsTest, RecordsComeWithNamesAndInPages) {
  const std::string web = NewKey("web");
  for (int i = 0; i < 25; ++i) Use(i % 2 == 0 ? web : "", i + 1);
  ListUsageRecordsRequest request;
  auto page = ops_.List(request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->records_size(), 20);
  EXPECT_EQ(page->records(0).record().requests(), 25);
  EXPECT_EQ(page->records(0).client_key_name(), "web");
  EXPECT_EQ(page->records(1).client_key_name(), "");
  request.set_before_id(page->records(19).id());
  request.set_limit(3);
  page = ops_.List(request);
  ASSERT_EQ(page->records_size(), 3);
  EXPECT_EQ(page->records(0).record().requests(), 5);
  request.mutable_filter()->add_client_keys("web");
  page = ops_.List(request);
  EXPECT_EQ(page->records(0).record().requests(), 5);
  EXPECT_EQ(page->records(1).record().requests(), 3);
  for (const int limit : {-1, 1001}) {
    request.set_limit(limit);
    EXPECT_THAT(MessageOf(ops_.List(request).status()), HasSubstr("limit: "));
  }
  request.set_limit(1);
  request.set_before_id(-1);
  EXPECT_THAT(MessageOf(ops_.List(request).status()), HasSubstr("before_id: -1 is below 0"));
}

TEST_F(UsageOpsTest, ATailIsForEveryKeyThatHasOrHadTheName) {
  const std::string old = NewKey("web");
  admin::v1::TailRequest request;
  request.set_client_key(old);
  request.set_provider("openai");
  request.set_status(5);
  request.set_failed_only(true);
  auto wish = ops_.TailWishOf(request);
  ASSERT_TRUE(wish.ok()) << wish.status();
  EXPECT_EQ(wish->lines_per_second, 50);
  ASSERT_EQ(wish->filters.size(), 1u);
  EXPECT_EQ(wish->filters[0].client_key_id(), old);
  EXPECT_EQ(wish->filters[0].provider(), "openai");
  EXPECT_EQ(wish->filters[0].status(), 5);
  EXPECT_TRUE(wish->filters[0].failed_only());
  request.set_client_key("web");
  EXPECT_EQ(ops_.TailWishOf(request)->filters[0].client_key_id(), old);
  request.set_client_key("corp:0a1b");
  EXPECT_EQ(ops_.TailWishOf(request)->filters[0].client_key_id(), "corp:0a1b");
  request.clear_client_key();
  request.set_lines_per_second(1000);
  wish = ops_.TailWishOf(request);
  ASSERT_EQ(wish->filters.size(), 1u);
  EXPECT_EQ(wish->filters[0].client_key_id(), "");
  EXPECT_EQ(wish->lines_per_second, 1000);
}

TEST_F(UsageOpsTest, WhatCannotBeTailedIsNamed) {
  const auto refusal = [this](const std::function<void(admin::v1::TailRequest&)>& change) {
    admin::v1::TailRequest request;
    change(request);
    return MessageOf(ops_.TailWishOf(request).status());
  };
  for (const int status : {-1, 6, 99, 600}) {
    EXPECT_THAT(refusal([&](auto& request) { request.set_status(status); }),
                HasSubstr("status: " + std::to_string(status)));
  }
  EXPECT_THAT(refusal([](auto& request) { request.set_lines_per_second(1001); }),
              HasSubstr("lines_per_second: 1001 is not 1 to 1000"));
  EXPECT_THAT(refusal([](auto& request) { request.set_client_key("none"); }),
              HasSubstr("client_key: there is no client key \"none\""));
}

TEST_F(UsageOpsTest, KeysOfAnActivityGetTheirNames) {
  const std::string web = NewKey("web");
  google::protobuf::RepeatedPtrField<admin::v1::Activity> keys;
  keys.Add()->set_name(web);
  keys.Add()->set_name("gone");
  keys.Add()->set_name("corp:0a1b");
  keys.Add();
  ASSERT_TRUE(ops_.NameKeys(&keys).ok());
  EXPECT_EQ(keys[0].client_key_name(), "web");
  EXPECT_EQ(keys[1].client_key_name(), "");
  EXPECT_EQ(keys[2].client_key_name(), "");
  EXPECT_EQ(keys[3].client_key_name(), "");
}

}  // namespace
}  // namespace sluice::ops
