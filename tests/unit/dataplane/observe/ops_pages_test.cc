#include "dataplane/observe/ops_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sluice::observe {
namespace {

using ::testing::HasSubstr;

// Keeps what it is given, in the order in which the rules of ResponseSink allow it.
class KeptAnswer : public http::ResponseSink {
 public:
  void SendContinue() override { ADD_FAILURE() << "an ops page wants no body"; }
  void SendHead(const http::ResponseHead& sent) override {
    EXPECT_EQ(head.status, 0);
    head = sent;
  }
  http::Flow SendBody(std::string_view bytes) override {
    EXPECT_NE(head.status, 0);
    EXPECT_FALSE(finished);
    body.append(bytes);
    return http::Flow::kMore;
  }
  void Finish() override {
    EXPECT_FALSE(finished);
    finished = true;
  }
  void Abort() override { ADD_FAILURE() << "an ops page is never cut"; }
  void ResumeRequest() override {}

  http::ResponseHead head;
  std::string body;
  bool finished = false;
};

class OpsPagesTest : public ::testing::Test {
 protected:
  KeptAnswer Ask(const std::string& method, const std::string& target) {
    http::RequestHead head;
    head.method = method;
    head.target = target;
    KeptAnswer answer;
    OpsPages pages([this] { return readiness_; }, [] { return "some_metric 1\n"; });
    const auto exchange = pages.OnRequest(head, answer);
    EXPECT_NE(exchange, nullptr);
    EXPECT_EQ(exchange->OnBody("unwanted"), http::Flow::kMore);
    exchange->OnBodyEnd();
    EXPECT_TRUE(answer.finished);
    EXPECT_EQ(answer.head.framing.kind, http::Framing::Kind::kContentLength);
    if (!answer.head.bodyless) {
      EXPECT_EQ(answer.head.framing.length, answer.body.size());
    }
    return answer;
  }
  Readiness readiness_{.ready = true,
                       .serving = "live",
                       .epoch = "epoch-a",
                       .revision = 9,
                       .age_seconds = 0,
                       .connected = true,
                       .reason = ""};
};

TEST_F(OpsPagesTest, LivezSaysOk) {
  const KeptAnswer answer = Ask("GET", "/livez");
  EXPECT_EQ(answer.head.status, 200);
  EXPECT_EQ(answer.body, "ok\n");
}

TEST_F(OpsPagesTest, ReadyzTellsWhatIsServed) {
  const KeptAnswer answer = Ask("GET", "/readyz?verbose=1");
  EXPECT_EQ(answer.head.status, 200);
  EXPECT_EQ(answer.head.headers.Find("content-type"), "application/json");
  const auto json = nlohmann::json::parse(answer.body);
  EXPECT_EQ(json["ready"], true);
  EXPECT_EQ(json["serving"], "live");
  EXPECT_EQ(json["epoch"], "epoch-a");
  EXPECT_EQ(json["revision"], 9);
  EXPECT_EQ(json["control_plane_connected"], true);
  EXPECT_EQ(json["reason"], "");
}

TEST_F(OpsPagesTest, ReadyzIs503WithTheReasonWhenThereIsNothingToServe) {
  readiness_ = ReadinessOf({});
  const KeptAnswer answer = Ask("GET", "/readyz");
  EXPECT_EQ(answer.head.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("waiting for the control plane"));
}

TEST_F(OpsPagesTest, ReadyzTakesAReasonThatIsNotUtf8) {
  readiness_.reason = "peer said \xff\xfe";
  const KeptAnswer answer = Ask("GET", "/readyz");
  EXPECT_TRUE(nlohmann::json::accept(answer.body));
}

TEST_F(OpsPagesTest, MetricsAreInTheExpositionFormat) {
  const KeptAnswer answer = Ask("GET", "/metrics");
  EXPECT_EQ(answer.head.status, 200);
  EXPECT_EQ(answer.head.headers.Find("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(answer.body, "some_metric 1\n");
}

TEST_F(OpsPagesTest, HeadHasTheLengthButNoBody) {
  const KeptAnswer answer = Ask("HEAD", "/metrics");
  EXPECT_EQ(answer.head.status, 200);
  EXPECT_TRUE(answer.head.bodyless);
  EXPECT_EQ(answer.head.framing.length, std::string("some_metric 1\n").size());
  EXPECT_EQ(answer.body, "");
}

TEST_F(OpsPagesTest, OtherPathsAre404) {
  for (const char* target : {"/", "/livez/", "/p/openai/models", "*", "/LIVEZ"}) {
    const KeptAnswer answer = Ask("GET", target);
    EXPECT_EQ(answer.head.status, 404) << target;
    EXPECT_THAT(answer.body, HasSubstr("unknown_route"));
  }
}

TEST_F(OpsPagesTest, OtherMethodsAre405) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    const KeptAnswer answer = Ask(method, "/livez");
    EXPECT_EQ(answer.head.status, 405) << method;
    EXPECT_EQ(answer.head.headers.Find("allow"), "GET, HEAD");
  }
}

TEST(Readiness, IsReadyFromTheLastKnownGoodWithTheReasonWhyItIsNotLive) {
  ConfigurationState state;
  state.epoch = "e";
  state.revision = 3;
  state.age_seconds = 60;
  Readiness readiness = ReadinessOf(state);
  EXPECT_TRUE(readiness.ready);
  EXPECT_EQ(readiness.serving, "last_known_good");
  EXPECT_EQ(readiness.age_seconds, 60);
  EXPECT_THAT(readiness.reason, HasSubstr("not yet confirmed"));
  state.last_error = "cannot reach control plane";
  EXPECT_EQ(ReadinessOf(state).reason, "cannot reach control plane");
}

TEST(Readiness, IsLiveWithoutAReason) {
  ConfigurationState state;
  state.epoch = "e";
  state.live = true;
  EXPECT_EQ(ReadinessOf(state).serving, "live");
  EXPECT_EQ(ReadinessOf(state).reason, "");
}

}  // namespace
}  // namespace sluice::observe
