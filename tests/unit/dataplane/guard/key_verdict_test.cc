#include "dataplane/guard/key_verdict.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::guard {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

KeyVerdict Judge(int status, const std::string& retry_after = "") {
  http::ResponseHead head;
  head.status = status;
  if (!retry_after.empty()) head.headers.Add("Retry-After", retry_after);
  return JudgeAnswer(head, kNow);
}

TEST(KeyVerdict, TellsOpinionsByStatus) {
  EXPECT_EQ(Judge(200).opinion, KeyOpinion::kGood);
  EXPECT_EQ(Judge(302).opinion, KeyOpinion::kGood);
  EXPECT_EQ(Judge(401).opinion, KeyOpinion::kRefused);
  EXPECT_EQ(Judge(402).opinion, KeyOpinion::kExhausted);
  EXPECT_EQ(Judge(403).opinion, KeyOpinion::kForbidden);
  EXPECT_EQ(Judge(429).opinion, KeyOpinion::kLimited);
  for (const int status : {400, 404, 408, 413, 500, 503, 529}) {
    EXPECT_EQ(Judge(status).opinion, KeyOpinion::kNone) << status;
    EXPECT_FALSE(IsKeyFailure(OpinionOf(status))) << status;
  }
  for (const int status : {401, 402, 403, 429}) {
    EXPECT_TRUE(IsKeyFailure(OpinionOf(status))) << status;
  }
}

TEST(KeyVerdict, ALimitHasTheProvidersRestAndItsSource) {
  EXPECT_EQ(Judge(429, "3").rest, absl::Seconds(3));
  EXPECT_EQ(Judge(429, "3").reason, "429, Retry-After");
  EXPECT_FALSE(Judge(429).rest);
  EXPECT_EQ(Judge(429).reason, "429");
  EXPECT_FALSE(Judge(401, "3").rest);
}

TEST(KeyVerdict, FindsInsufficientQuotaAtTheBeginningOfABody) {
  EXPECT_TRUE(NamesInsufficientQuota(R"({"error":{"code":"insufficient_quota"}})"));
  EXPECT_TRUE(NamesInsufficientQuota(R"({"error": {"type": "insufficient_quota")"));
  EXPECT_FALSE(NamesInsufficientQuota(R"({"error":{"message":"not insufficient_quota yet"}})"));
  EXPECT_FALSE(NamesInsufficientQuota(""));
  EXPECT_FALSE(NamesInsufficientQuota(std::string(kLookedAtBytes, ' ') + "\"insufficient_quota\""));
}

}  // namespace
}  // namespace sluice::guard
