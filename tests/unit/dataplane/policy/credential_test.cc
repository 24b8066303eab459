#include "dataplane/policy/credential.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::policy {
namespace {

class Credential : public testing::Test {
 protected:
  // "app" or "other" for whose key it is, or the code of the refusal.
  std::string Who(const Fields& fields, std::string_view query = "", absl::Time now = kNow) {
    auto decision = Authenticate(*snapshot_, Request("GET", "/", fields), query, now);
    if (const http::GatewayError* refused = Refused(decision)) {
      EXPECT_EQ(refused->status, 401);
      EXPECT_EQ(refused->type, http::kTypeAuthentication);
      return std::string(refused->code);
    }
    return std::get<Caller>(decision)->name;
  }

  Gateway gateway_;
  std::string app_ = gateway_.AddClientKey("app");
  std::string other_ = gateway_.AddClientKey("other");
  std::string expiring_ = gateway_.AddClientKey("expiring", {}, kNow);
  std::shared_ptr<const config::Snapshot> snapshot_ = gateway_.Build();
};

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (char c : text) escaped += "%" + absl::BytesToHexString(std::string(1, c));
  return escaped;
}

TEST_F(Credential, Rule3_2_IsRecognisedInEachPlace) {
  EXPECT_EQ(Who({{"Authorization", "Bearer " + app_}}), "app");
  EXPECT_EQ(Who({{"AUTHORIZATION", "bEaReR   " + app_ + " "}}), "app");
  EXPECT_EQ(Who({{"authorization", "Bearer\t" + app_}}), "app");
  EXPECT_EQ(Who({{"x-api-key", app_}}), "app");
  EXPECT_EQ(Who({{"X-Api-Key", " " + app_}}), "app");
  EXPECT_EQ(Who({{"api-key", app_}}), "app");
  EXPECT_EQ(Who({{"x-goog-api-key", app_}}), "app");
  EXPECT_EQ(Who({}, "key=" + app_), "app");
  EXPECT_EQ(Who({}, "a=1&&key=" + Escaped(app_) + "&b"), "app");
  EXPECT_EQ(Who({}, "%6Bey=" + app_), "app");
}

TEST_F(Credential, Rule3_2_IsMissingWhereNothingIsACandidate) {
  for (const Fields& fields :
       {Fields{}, Fields{{"Authorization", "Basic " + app_}}, Fields{{"Authorization", "Bearer"}},
        Fields{{"Authorization", ""}}, Fields{{"Authorization", "Bearer" + app_}},
        Fields{{"x-api-key", ""}}, Fields{{"X-Token", app_}}, Fields{{"Proxy-Authorization", app_}},
        Fields{{"Cookie", "key=" + app_}}}) {
    EXPECT_EQ(Who(fields), "missing_api_key");
  }
  EXPECT_EQ(Who({}, "Key=" + app_ + "&keys=" + app_ + "&key=&key"), "missing_api_key");
}

TEST_F(Credential, Rule5_AllThatFailsGivesOneAnswer) {
  std::string typo = app_;
  typo.back() = typo.back() == 'a' ? 'b' : 'a';
  for (const Fields& fields :
       {Fields{{"x-api-key", "sk-foreign"}}, Fields{{"x-api-key", "slk_"}},
        Fields{{"x-api-key", typo}}, Fields{{"x-api-key", app_ + "a"}},
        Fields{{"x-api-key", "SLK_" + app_.substr(4)}},
        Fields{{"Authorization", "Bearer " + app_ + ", Bearer " + app_}},
        Fields{{"x-api-key", std::string(crypto::MintKey(crypto::kClientKeyPrefix).text.Reveal())}},
        Fields{{"x-api-key", expiring_}}}) {
    auto decision = Authenticate(*snapshot_, Request("GET", "/", fields), "", kNow);
    ASSERT_TRUE(Refused(decision)) << fields[0].second;
    EXPECT_EQ(Refused(decision)->code, "invalid_api_key") << fields[0].second;
    EXPECT_EQ(Refused(decision)->message, "the API key is not valid");
  }
  EXPECT_EQ(Who({}, "key=foreign"), "invalid_api_key");
}

TEST_F(Credential, Rule5_KeyExpiresByTheClock) {
  EXPECT_EQ(Who({{"x-api-key", expiring_}}, "", kNow - absl::Nanoseconds(1)), "expiring");
  EXPECT_EQ(Who({{"x-api-key", expiring_}}, "", kNow), "invalid_api_key");
}

TEST_F(Credential, Rule3_2_TwoDifferentSluiceKeysAreRefused) {
  EXPECT_EQ(Who({{"x-api-key", app_}, {"Authorization", "Bearer " + other_}}), "invalid_api_key");
  EXPECT_EQ(Who({{"x-api-key", app_}, {"x-api-key", other_}}), "invalid_api_key");
  EXPECT_EQ(Who({{"x-api-key", app_}}, "key=" + other_), "invalid_api_key");
  EXPECT_EQ(Who({{"x-api-key", app_}}, "key=slk_x"), "invalid_api_key");
  EXPECT_EQ(Who({}, "key=" + app_ + "&key=" + Escaped(other_)), "invalid_api_key");
}

TEST_F(Credential, Rule3_2_TheSameKeyTwiceIsFine) {
  EXPECT_EQ(Who({{"x-api-key", app_}, {"Authorization", "Bearer " + app_}}), "app");
  EXPECT_EQ(Who({{"api-key", app_}}, "key=" + app_ + "&key=" + Escaped(app_)), "app");
}

TEST_F(Credential, Rule3_2_ASluiceKeyCountsBesidePlaceholders) {
  EXPECT_EQ(Who({{"x-api-key", "placeholder"}, {"Authorization", "Bearer " + app_}}), "app");
  EXPECT_EQ(Who({{"Authorization", "Bearer sk-x"}, {"api-key", "y"}, {"x-api-key", app_}}), "app");
  EXPECT_EQ(Who({{"Authorization", "Basic Og=="}, {"x-api-key", app_}}), "app");
  EXPECT_EQ(Who({{"x-api-key", "placeholder"}}, "key=" + app_), "app");
  EXPECT_EQ(Who({{"x-api-key", app_}}, "key=ordinary"), "app");
}

TEST_F(Credential, Rule3_2_QueryParameterIsRemovedWhenItHoldsASluiceKey) {
  struct Row {
    std::string query;
    std::string kept;
  };
  for (const Row& row :
       std::initializer_list<Row>{{"key=" + app_, ""},
                                  {"a=1&key=" + app_ + "&b=2", "a=1&b=2"},
                                  {"key=" + app_ + "&a=1", "a=1"},
                                  {"a=1&key=" + app_, "a=1"},
                                  {"a&&key=" + app_ + "&&b=%zz&a=", "a&&&b=%zz&a="},
                                  {"%6bEy=x&%6bey=" + Escaped(app_) + "&z", "%6bEy=x&z"},
                                  {"key=" + app_ + "&key=other&key", ""},
                                  {"key=slk_anything&x", "x"},
                                  {"key=%73lk_anything&x", "x"},
                                  {"token=" + app_ + "&x", "x"},
                                  {"a=1;key=" + Escaped(app_) + "&x", "x"}}) {
    EXPECT_EQ(StripCredentialFromQuery(row.query, ""), row.kept) << row.query;
  }
}

TEST_F(Credential, Rule1_7_EveryOtherQueryGoesVerbatim) {
  for (std::string_view query : {"", "&", "&&", "a=1&a=1&b", "key=ordinary&key=", "keys=slk_x",
                                 "a=slk_x", "=", "?", "a=%2F%zz%", "a=b=c&%26=%3D", "+&;", "x&"}) {
    EXPECT_EQ(StripCredentialFromQuery(query, ""), query);
  }
}

TEST_F(Credential, Rule3_2_ThePresetsOwnParameterIsAlwaysRemoved) {
  EXPECT_EQ(StripCredentialFromQuery("key=foreign&alt=sse&key=&key&%6b%65%79=x", "key"), "alt=sse");
  EXPECT_EQ(StripCredentialFromQuery("sig=foreign&key=ordinary", "sig"), "key=ordinary");
}

TEST_F(Credential, WholeKeysAreFoundWhereverTheyStand) {
  EXPECT_TRUE(HoldsClientKey(app_));
  EXPECT_TRUE(HoldsClientKey("slk_slk_" + app_ + "z"));
  EXPECT_TRUE(HoldsClientKey(Escaped(app_)));
  EXPECT_FALSE(HoldsClientKey(app_.substr(0, app_.size() - 1)));
  EXPECT_FALSE(HoldsClientKey("slk_" + std::string(100, 'a')));
}

}  // namespace
}  // namespace sluice::policy
