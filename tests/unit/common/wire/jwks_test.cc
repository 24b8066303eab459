#include "common/wire/jwks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/wire/strict_json.h"
#include "tests/support/token_signer.h"

namespace sluice::wire {
namespace {

using nlohmann::json;
using test::JwksOf;
using test::TokenSigner;
using ::testing::HasSubstr;

std::string Fault(const std::string& text) {
  const auto keys = ParseJwks(text);
  return keys.ok() ? "" : std::string(keys.status().message());
}

json With(json key, const char* name, json value) {
  key[name] = std::move(value);
  return key;
}

TEST(StrictJson, EachTextHasOneMeaning) {
  EXPECT_EQ((*ParseStrictObject(R"({"a":{"b":1},"b":[{"a":1},{"a":2}]})"))["a"]["b"], 1);
  for (const char* text : {"",
                           "[]",
                           "1",
                           "null",
                           "\"a\"",
                           R"({"a":1,"a":1})",
                           R"({"a":{"b":1,"b":2}})",
                           R"({"a":[{"b":1,"b":2}]})",
                           R"({"a":1,"\u0061":2})",
                           R"({"a":1}})",
                           R"({"a":1} x)",
                           R"({"a":01})",
                           R"({"a":1,})",
                           "{'a':1}",
                           "{\"a\":\"\xff\"}",
                           R"({"a":1e999})",
                           "\xef\xbb\xbf{}",
                           " {}",
                           "{} /**/",
                           R"({"a":NaN})"}) {
    EXPECT_FALSE(ParseStrictObject(text).has_value()) << text;
  }
}

TEST(StrictJson, DepthIsBounded) {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(ParseStrictObject(nested(10)).has_value());
  EXPECT_FALSE(ParseStrictObject(nested(20)).has_value());
  EXPECT_FALSE(ParseStrictObject(nested(100'000)).has_value());
  EXPECT_FALSE(ParseStrictObject("{\"a\":" + std::string(100'000, '[')).has_value());
}

TEST(Jwks, HasTheKeysThatAreForSuchSignatures) {
  const json rsa = TokenSigner::Rsa().Jwk("r"), ec = TokenSigner::P256().Jwk();
  const json ed = TokenSigner::Ed25519().Jwk("e");
  const auto keys = ParseJwks(" " +
                              JwksOf({With(rsa, "use", "sig"),
                                      With(With(rsa, "kid", "enc"), "use", "enc"),
                                      With(With(rsa, "kid", "ps"), "alg", "PS256"),
                                      With(With(rsa, "kid", "sign"), "key_ops", {"encrypt"}),
                                      With(ec, "key_ops", {"verify"}),
                                      With(ec, "crv", "P-384"),
                                      With(With(ed, "alg", "EdDSA"), "unknown", 1),
                                      With(ed, "crv", "Ed448"),
                                      {{"kty", "AKP"}, {"pub", "x"}}}) +
                              "\n");
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 3u);
  EXPECT_EQ((*keys)[0].kid, "r");
  EXPECT_EQ((*keys)[0].key.algorithm(), crypto::JwsAlgorithm::kRs256);
  EXPECT_FALSE((*keys)[1].kid.has_value());
  EXPECT_EQ((*keys)[1].key.algorithm(), crypto::JwsAlgorithm::kEs256);
  EXPECT_EQ((*keys)[2].key.algorithm(), crypto::JwsAlgorithm::kEdDsa);
  EXPECT_EQ(ParseJwks(R"({"keys":[]})")->size(), 0u);
}

TEST(Jwks, RefusesWhatIsNoSet) {
  EXPECT_THAT(Fault(""), HasSubstr("is no JSON object"));
  EXPECT_THAT(Fault("[]"), HasSubstr("is no JSON object"));
  EXPECT_THAT(Fault(R"({"keys":[],"keys":[]})"), HasSubstr("has a member twice"));
  EXPECT_THAT(Fault("{}"), HasSubstr("has no list \"keys\""));
  EXPECT_THAT(Fault(R"({"keys":{}})"), HasSubstr("has no list \"keys\""));
  EXPECT_THAT(Fault(R"({"keys":[1]})"), HasSubstr("number 1"));
  EXPECT_THAT(Fault(R"({"keys":[{"kty":1}]})"), HasSubstr("is no object with a kty"));
  EXPECT_THAT(Fault(std::string((size_t{256} << 10) + 1, ' ')), HasSubstr("bytes"));
  EXPECT_THAT(Fault(JwksOf(std::vector<json>(65, {{"kty", "x"}}))), HasSubstr("has 65 keys"));
}

TEST(Jwks, RefusesKeysThatAreNone) {
  const json rsa = TokenSigner::Rsa().Jwk("r"), ec = TokenSigner::P256().Jwk();
  EXPECT_THAT(Fault(JwksOf({rsa, With(ec, "x", "AQAB")})),
              HasSubstr("bad key (number 2): it has a coordinate that is not of 32 bytes"));
  EXPECT_THAT(Fault(JwksOf({With(rsa, "e", "AQAB=")})), HasSubstr("has no n or no e in base64url"));
  EXPECT_THAT(Fault(JwksOf({With(ec, "y", nullptr)})), HasSubstr("has no x or no y"));
  EXPECT_THAT(Fault(JwksOf({TokenSigner::Rsa(1024).Jwk()})), HasSubstr("has 1024 bits"));
  EXPECT_THAT(Fault(JwksOf({With(rsa, "kid", 1)})), HasSubstr("kid that is no text"));
  EXPECT_THAT(Fault(JwksOf({With(rsa, "kid", std::string(257, 'k'))})), HasSubstr("kid"));
  EXPECT_THAT(Fault(JwksOf({rsa, rsa})), HasSubstr("has the kid \"r\" of another key"));
  EXPECT_EQ(Fault(JwksOf({rsa, With(ec, "kid", "r")})), "") << "of another type";
}

// A set is shown to everybody; and an "oct" key would be taken from there for HS256 by others.
TEST(Jwks, RefusesKeysThatNobodyMaySee) {
  EXPECT_THAT(Fault(JwksOf({With(TokenSigner::P256().Jwk(), "d", "canary")})),
              HasSubstr("holds a private or symmetric key"));
  const std::string fault = Fault(JwksOf({{{"kty", "oct"}, {"k", "canary"}}}));
  EXPECT_THAT(fault, HasSubstr("holds a private or symmetric key"));
  EXPECT_THAT(fault, ::testing::Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace sluice::wire
