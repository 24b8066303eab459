// Where a token may stand in a request, and what counts beside it.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/unit/dataplane/policy/token_fixture.h"

namespace sluice::policy {
namespace {

class TokenCredential : public TokenFixture {
 protected:
  std::string Who(const Fields& fields, std::string_view query = "", absl::Time now = kNow) {
    snapshot_ = gateway_.Build();
    auto decision = Authenticate(*snapshot_, Request("GET", "/", fields), query, now);
    if (const http::GatewayError* refused = Refused(decision)) {
      EXPECT_EQ(refused->status, 401);
      if (refused->code == "invalid_api_key") {
        EXPECT_EQ(refused->message, "the API key is not valid");
      }
      return std::string(refused->code);
    }
    return std::get<Caller>(decision)->name;
  }
  const std::string key_ = gateway_.AddClientKey("app");
  const std::string token_ = ec_.Token(Claims());
  std::shared_ptr<const config::Snapshot> snapshot_;
};

TEST_F(TokenCredential, Rule3_2_IsTakenFromHeaders) {
  EXPECT_EQ(Who({{"Authorization", "Bearer " + token_}}), "corp");
  EXPECT_EQ(Who({{"x-api-key", token_}}), "corp");
  EXPECT_EQ(Who({{"api-key", token_}}), "corp");
  EXPECT_EQ(Who({{"x-goog-api-key", token_}, {"Authorization", "Bearer placeholder"}}), "corp");
  EXPECT_EQ(Who({{"x-api-key", token_}, {"Authorization", "Bearer " + token_}}), "corp");
  EXPECT_EQ(Who({{"x-api-key", "v1.2.3"}, {"Authorization", "Bearer " + token_}}), "corp");
  EXPECT_EQ(Who({}, "key=" + token_), "invalid_api_key") << "a URL is written down everywhere";
}

TEST_F(TokenCredential, Rule3_2_AKeyOfOursCountsBeforeIt) {
  EXPECT_EQ(Who({{"x-api-key", key_}, {"Authorization", "Bearer " + token_}}), "app");
  EXPECT_EQ(Who({{"x-api-key", "slk_x"}, {"Authorization", "Bearer " + token_}}),
            "invalid_api_key");
}

TEST_F(TokenCredential, Rule3_2_TwoDifferentOnesAreRefused) {
  EXPECT_EQ(
      Who({{"x-api-key", ec_.Token(Claims("sub", "bob"))}, {"Authorization", "Bearer " + token_}}),
      "invalid_api_key");
}

TEST_F(TokenCredential, Rule5_AllThatFailsGivesOneAnswer) {
  const int64_t now = absl::ToUnixSeconds(kNow);
  for (const std::string& bad :
       {ec_.Token(Claims("exp", now - 100)), ec_.Token(Claims("nbf", now + 100)),
        ec_.Token(Claims("aud", "x")), ec_.Token(Claims("iss", "x")), ec_.Token(Without("sub")),
        TokenSigner::P256().Token(Claims()), ec_.Token(Claims(), {{"alg", "none"}}), token_ + "x",
        std::string("e.e.e")}) {
    EXPECT_EQ(Who({{"Authorization", "Bearer " + bad}}), "invalid_api_key") << bad;
  }
  gateway_.configuration().clear_jwt_issuers();
  EXPECT_EQ(Who({{"Authorization", "Bearer " + token_}}), "invalid_api_key");
}

TEST_F(TokenCredential, ARouteOwnsItsBearer) {
  Route route;
  {
    const auto snapshot = gateway_.Build();
    auto decision = Admit(
        *snapshot, Request("POST", "/p/openai/chat/completions", {{"api-key", token_}}), kNow);
    ASSERT_FALSE(Refused(decision));
    route = std::get<Route>(decision);
    gateway_.configuration().clear_jwt_issuers();
    gateway_.Build();
  }
  EXPECT_EQ(route.client_key->name, "corp");
}

}  // namespace
}  // namespace sluice::policy
