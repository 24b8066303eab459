// Tokens in place of client keys: what is taken, and every way known of passing one off.
#include "dataplane/policy/bearer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "common/base/base64url.h"
#include "dataplane/policy/scope.h"
#include "dataplane/policy/token_text.h"
#include "tests/unit/dataplane/policy/token_fixture.h"

namespace sluice::policy {
namespace {

class Bearer : public TokenFixture {};

TEST_F(Bearer, TakesEachAlgorithm) {
  EXPECT_EQ(Verdict(Rsa().Token(Claims())), TokenVerdict::kGood);
  EXPECT_EQ(Verdict(ec_.Token(Claims())), TokenVerdict::kGood);
  EXPECT_EQ(Verdict(ed_.Token(Claims())), TokenVerdict::kGood);
  const auto hmac = TokenSigner::Hmac(kSecret);
  EXPECT_EQ(Verdict(hmac.Token(Claims())), TokenVerdict::kUnknownKey) << "nobody named HS256";
  TakeHs256();
  EXPECT_EQ(Verdict(hmac.Token(Claims())), TokenVerdict::kGood);
  EXPECT_EQ(Verdict(hmac.Token(Claims(), {{"alg", "HS256"}, {"kid", "any"}})), TokenVerdict::kGood);
  EXPECT_EQ(Verdict(TokenSigner::Hmac("another").Token(Claims())), TokenVerdict::kBadSignature);
  EXPECT_EQ(Verdict(ed_.Token(Claims())), TokenVerdict::kUnknownKey) << "EdDSA is not named now";
}

TEST_F(Bearer, NoneIsNoAlgorithm) {
  for (const char* none : {"none", "None", "NONE", "nOnE", ""}) {
    EXPECT_EQ(OfHeader({{"alg", none}}), TokenVerdict::kMalformed) << none;
  }
  const std::string text = base::EncodeBase64Url(R"({"alg":"none"})") + "." +
                           base::EncodeBase64Url(Claims().dump()) + ".";
  EXPECT_EQ(Verdict(text), TokenVerdict::kMalformed);
  EXPECT_EQ(Verdict(text + "AA"), TokenVerdict::kMalformed);
  const std::string good = ec_.Token(Claims());
  EXPECT_EQ(Verdict(good.substr(0, good.rfind('.') + 1)), TokenVerdict::kMalformed);
}

// The public key is no secret: whoever has it must not be able to sign with it.
TEST_F(Bearer, AKeyIsUsedWithItsOwnAlgorithmOnly) {
  TakeHs256();
  for (const std::string& known :
       {Rsa().PublicPem(), ec_.PublicPem(), Rsa().Jwk()["n"].get<std::string>(), rules().jwks(),
        std::string()}) {
    const auto forger = TokenSigner::Hmac(known);
    EXPECT_EQ(Verdict(forger.Token(Claims())), TokenVerdict::kBadSignature);
    EXPECT_EQ(Verdict(forger.Token(Claims(), {{"alg", "HS256"}, {"kid", "r"}})),
              TokenVerdict::kBadSignature);
    EXPECT_EQ(Verdict(forger.Token(Claims(), {{"alg", "RS256"}, {"kid", "r"}})),
              TokenVerdict::kBadSignature);
  }
  EXPECT_EQ(OfHeader({{"alg", "RS256"}, {"kid", "e"}}), TokenVerdict::kUnknownKey);
  EXPECT_EQ(OfHeader({{"alg", "RS256"}}), TokenVerdict::kBadSignature);
  for (const char* alg : {"RS512", "PS256", "ES384", "ES256K", "HS512", "rs256", "Ed25519"}) {
    EXPECT_EQ(OfHeader({{"alg", alg}}), TokenVerdict::kMalformed) << alg;
  }
  EXPECT_EQ(OfHeader({{"typ", "JWT"}}), TokenVerdict::kMalformed);
  EXPECT_EQ(OfHeader({{"alg", 1}}), TokenVerdict::kMalformed);
  EXPECT_EQ(OfHeader({{"alg", {"ES256"}}}), TokenVerdict::kMalformed);
}

TEST_F(Bearer, KeysThatATokenBringsAlongAreNotUsed) {
  const auto own = TokenSigner::P256();
  for (const json& header :
       {json{{"alg", "ES256"}, {"jwk", own.Jwk("e")}}, json{{"alg", "ES256"}, {"jku", "https://x"}},
        json{{"alg", "ES256"}, {"x5u", "https://x"}}, json{{"alg", "ES256"}, {"x5c", {"AA=="}}}}) {
    EXPECT_EQ(Verdict(own.Token(Claims(), header)), TokenVerdict::kBadSignature) << header;
    EXPECT_EQ(Verdict(ec_.Token(Claims(), header)), TokenVerdict::kGood) << header;
  }
}

TEST_F(Bearer, ExtensionsThatMustBeUnderstoodAreNot) {
  EXPECT_EQ(OfHeader({{"alg", "ES256"}, {"crit", {"exp"}}, {"exp", 1}}), TokenVerdict::kMalformed);
  EXPECT_EQ(OfHeader({{"alg", "ES256"}, {"crit", json::array()}}), TokenVerdict::kMalformed);
  EXPECT_EQ(OfHeader({{"alg", "ES256"}, {"b64", false}}), TokenVerdict::kMalformed);
  EXPECT_EQ(OfHeader({{"alg", "ES256"}, {"zip", "DEF"}}), TokenVerdict::kMalformed);
  EXPECT_EQ(OfHeader({{"alg", "ES256"}, {"enc", "A256GCM"}}), TokenVerdict::kMalformed);
}

TEST_F(Bearer, TheKidChoosesTheKey) {
  const auto second = TokenSigner::P256();
  rules().set_jwks(test::JwksOf({ec_.Jwk("old"), second.Jwk("new"), Rsa().Jwk()}));
  EXPECT_EQ(Verdict(second.Token(Claims(), {{"alg", "ES256"}, {"kid", "new"}})),
            TokenVerdict::kGood);
  EXPECT_EQ(Verdict(second.Token(Claims())), TokenVerdict::kGood) << "any that fits";
  EXPECT_EQ(Verdict(second.Token(Claims(), {{"alg", "ES256"}, {"kid", "old"}})),
            TokenVerdict::kBadSignature);
  EXPECT_EQ(Verdict(second.Token(Claims(), {{"alg", "ES256"}, {"kid", "unknown"}})),
            TokenVerdict::kUnknownKey);
  EXPECT_EQ(Verdict(Rsa().Token(Claims(), {{"alg", "RS256"}, {"kid", ""}})),
            TokenVerdict::kUnknownKey);
  EXPECT_EQ(OfHeader({{"alg", "ES256"}, {"kid", 1}}), TokenVerdict::kMalformed);
  EXPECT_EQ(OfHeader({{"alg", "ES256"}, {"kid", std::string(257, 'k')}}), TokenVerdict::kMalformed);
  EXPECT_EQ(OfHeader({{"alg", "ES256"}, {"kid", "../../dev/null"}}), TokenVerdict::kUnknownKey);
}

// So that a stranger's token costs a few checks at most.
TEST_F(Bearer, WithoutAKidFourKeysAreTried) {
  std::vector<json> keys;
  for (int i = 0; i < 4; ++i) keys.push_back(TokenSigner::P256().Jwk(std::to_string(i)));
  keys.push_back(ec_.Jwk("last"));
  rules().set_jwks(test::JwksOf(keys));
  EXPECT_EQ(Verdict(ec_.Token(Claims())), TokenVerdict::kBadSignature);
  EXPECT_EQ(Verdict(ec_.Token(Claims(), {{"alg", "ES256"}, {"kid", "last"}})), TokenVerdict::kGood);
}

TEST_F(Bearer, OfEachTokenThereIsOneText) {
  const std::string good = ec_.Token(Claims(), {{"alg", "ES256"}, {"kid", "e"}});
  ASSERT_EQ(Verdict(good), TokenVerdict::kGood);
  const size_t first = good.find('.'), second = good.rfind('.');
  for (const std::string& bad : {good + "=", good + ".", "." + good, good + " ",
                                 good.substr(0, first) + good.substr(first + 1),
                                 good.substr(0, first) + "." + good.substr(first),
                                 good.substr(0, second) + good.substr(second + 1),
                                 good.substr(0, first) + "=" + good.substr(first), "Bearer " + good,
                                 std::string(), std::string(".."), std::string("e..")}) {
    EXPECT_EQ(Verdict(bad), TokenVerdict::kMalformed) << bad;
  }
  // Bits that are left over in the last character: same bytes, another text.
  std::string other = good;
  other.back() = static_cast<char>(other.back() + 1);
  EXPECT_NE(Verdict(other), TokenVerdict::kGood);
  for (const char* header : {R"({"alg":"none","alg":"ES256"})", R"({"alg":"ES256","alg":"ES256"})",
                             "[]", "\"ES256\"", R"({"alg":"ES256"}{})", " ", R"({"alg":"ES256")"}) {
    EXPECT_EQ(Verdict(ec_.TokenOfText(Claims().dump(), header)), TokenVerdict::kMalformed)
        << header;
  }
  const std::string claims = Claims().dump();
  EXPECT_EQ(Verdict(ec_.TokenOfText(claims.substr(0, claims.size() - 1) + R"(,"sub":"bob"})",
                                    R"({"alg":"ES256"})")),
            TokenVerdict::kMalformed);
  EXPECT_EQ(Verdict(ec_.TokenOfText("[]", R"({"alg":"ES256"})")), TokenVerdict::kMalformed);
  EXPECT_EQ(OfClaims(Claims("pad", std::string(20'000, 'x'))), TokenVerdict::kMalformed);
  EXPECT_EQ(OfHeader({{"alg", "ES256"}, {"pad", std::string(5'000, 'x')}}),
            TokenVerdict::kMalformed);
}

TEST_F(Bearer, TheIssuerIsOneThatIsTrusted) {
  EXPECT_EQ(OfClaims(Without("iss")), TokenVerdict::kUnknownIssuer);
  for (const json& iss : {json("https://id.example.com/"), json("HTTPS://id.example.com"), json(""),
                          json(1), json({"https://id.example.com"})}) {
    EXPECT_EQ(OfClaims(Claims("iss", iss)), TokenVerdict::kUnknownIssuer) << iss;
  }
  rules().set_enabled(false);
  EXPECT_EQ(OfClaims(Claims()), TokenVerdict::kUnknownIssuer);
}

// What one issuer signs in the name of another.
TEST_F(Bearer, KeysOfAnotherIssuerDoNotCount) {
  const auto other = TokenSigner::P256();
  auto& second = *gateway_.configuration().add_jwt_issuers()->mutable_issuer();
  second = rules();
  second.set_name("second");
  second.set_issuer("https://second.example.com");
  second.set_jwks(test::JwksOf({other.Jwk("e")}));
  const json header = {{"alg", "ES256"}, {"kid", "e"}};
  EXPECT_EQ(Verdict(other.Token(Claims(), header)), TokenVerdict::kBadSignature);
  EXPECT_EQ(Verdict(other.Token(Claims("iss", "https://second.example.com"), header)),
            TokenVerdict::kGood);
}

TEST_F(Bearer, TheAudienceIsOneOfThose) {
  EXPECT_EQ(OfClaims(Claims("aud", "gateway")), TokenVerdict::kGood);
  EXPECT_EQ(OfClaims(Claims("aud", {"other", "sluice"})), TokenVerdict::kGood);
  EXPECT_EQ(OfClaims(Without("aud")), TokenVerdict::kOtherAudience);
  for (const json& aud : {json("other"), json("Sluice"), json("sluice "), json("sluice gateway"),
                          json::array(), json({"other"}), json({{"sluice", 1}}), json(nullptr)}) {
    EXPECT_EQ(OfClaims(Claims("aud", aud)), TokenVerdict::kOtherAudience) << aud;
  }
}

TEST_F(Bearer, TimesAreEnforcedWithLeeway) {
  const int64_t now = absl::ToUnixSeconds(kNow);
  EXPECT_EQ(OfClaims(Claims("exp", now - 29)), TokenVerdict::kGood);
  EXPECT_EQ(OfClaims(Claims("exp", now - 30)), TokenVerdict::kExpired);
  EXPECT_EQ(OfClaims(Claims("exp", static_cast<double>(now) - 29.5)), TokenVerdict::kGood);
  EXPECT_EQ(OfClaims(Claims("nbf", now + 30)), TokenVerdict::kGood);
  EXPECT_EQ(OfClaims(Claims("nbf", now + 31)), TokenVerdict::kNotYet);
  EXPECT_EQ(OfClaims(Without("exp")), TokenVerdict::kBadClaims);
  for (const json& time : {json("1"), json(nullptr), json::array(), json(true)}) {
    EXPECT_EQ(OfClaims(Claims("exp", time)), TokenVerdict::kBadClaims) << time;
    EXPECT_EQ(OfClaims(Claims("nbf", time)), TokenVerdict::kBadClaims) << time;
  }
  EXPECT_EQ(OfClaims(Claims("exp", -1)), TokenVerdict::kExpired);
  EXPECT_EQ(OfClaims(Claims("exp", 1e300)), TokenVerdict::kGood);
  EXPECT_EQ(OfClaims(Claims("nbf", 1e300)), TokenVerdict::kNotYet);
  rules().mutable_leeway();
  EXPECT_EQ(OfClaims(Claims("exp", now)), TokenVerdict::kExpired);
  EXPECT_EQ(OfClaims(Claims("exp", now + 1)), TokenVerdict::kGood);
}

TEST_F(Bearer, ClaimsNarrowTheProviders) {
  EXPECT_TRUE(Of(Claims())->MayUse("openai"));
  rules().set_providers_claim("providers");
  EXPECT_TRUE(Of(Claims())->MayUse("openai")) << "lacks the claim";
  auto bearer = Of(Claims("providers", {"openai", "gemini"}));
  EXPECT_TRUE(bearer->MayUse("openai"));
  EXPECT_TRUE(bearer->MayUse("gemini"));
  EXPECT_FALSE(bearer->MayUse("anthropic"));
  EXPECT_TRUE(Of(Claims("providers", "openai  gemini"))->MayUse("gemini"));
  for (const json& none : {json::array(), json(""), json("unknown")}) {
    EXPECT_FALSE(Of(Claims("providers", none))->MayUse("openai")) << none;
  }
  rules().add_providers("openai");
  bearer = Of(Claims("providers", {"openai", "gemini"}));
  EXPECT_TRUE(bearer->MayUse("openai"));
  EXPECT_FALSE(bearer->MayUse("gemini")) << "more than the issuer's tokens may have";
  EXPECT_FALSE(Of(Claims("providers", "gemini"))->MayUse("openai"));
  for (const json& other : {json(1), json(nullptr), json({{"openai", true}}), json({1})}) {
    EXPECT_EQ(OfClaims(Claims("providers", other)), TokenVerdict::kBadClaims) << other;
  }
}

TEST_F(Bearer, ClaimsNarrowEndpointsAndModels) {
  rules().add_endpoints("chat/**");
  rules().add_models("gpt-*");
  EXPECT_TRUE(MayUseEndpoint(*Of(Claims()), "chat/completions"));
  rules().set_endpoints_claim("paths");
  rules().set_models_claim("models");
  auto bearer = Of(Claims("paths", "*/completions"));
  EXPECT_TRUE(MayUseEndpoint(*bearer, "chat/completions"));
  EXPECT_FALSE(MayUseEndpoint(*bearer, "chat/other"));
  EXPECT_FALSE(MayUseEndpoint(*bearer, "text/completions")) << "the issuer's rule stays";
  EXPECT_FALSE(MayUseEndpoint(*Of(Claims("paths", json::array())), "chat/completions"));
  bearer = Of(Claims("models", {"gpt-5", "claude-*"}));
  EXPECT_TRUE(HasModelRule(*bearer));
  EXPECT_TRUE(MayUseModel(*bearer, "gpt-5"));
  EXPECT_FALSE(MayUseModel(*bearer, "gpt-4"));
  EXPECT_FALSE(MayUseModel(*bearer, "claude-5"));
  rules().clear_models();
  EXPECT_FALSE(HasModelRule(*Of(Claims())));
  bearer = Of(Claims("models", ""));
  EXPECT_TRUE(HasModelRule(*bearer));
  EXPECT_FALSE(MayUseModel(*bearer, "gpt-5"));
  EXPECT_EQ(OfClaims(Claims("models", {"a b"})), TokenVerdict::kBadClaims);
  EXPECT_EQ(OfClaims(Claims("paths", {std::string(257, 'x')})), TokenVerdict::kBadClaims);
  EXPECT_EQ(OfClaims(Claims("paths", 7)), TokenVerdict::kBadClaims);
}

TEST_F(Bearer, ClaimsLowerLimits) {
  auto& limits = *rules().mutable_limits();
  limits.mutable_requests()->set_amount(100);
  limits.mutable_requests()->mutable_interval()->set_seconds(10);
  limits.mutable_requests()->set_burst(50);
  limits.set_concurrent(8);
  rules().set_requests_claim("rate");
  rules().set_concurrent_claim("parallel");
  auto bearer = Of(Claims());
  EXPECT_EQ(bearer->terms->requests->spacing, std::chrono::milliseconds(100));
  EXPECT_EQ(bearer->terms->requests->burst, 50);
  EXPECT_EQ(bearer->terms->concurrent, 8);
  json claims = Claims("rate", 10);
  claims["parallel"] = 2;
  bearer = Of(claims);
  EXPECT_EQ(bearer->terms->requests->spacing, std::chrono::seconds(1));
  EXPECT_EQ(bearer->terms->requests->burst, 10);
  EXPECT_EQ(bearer->terms->concurrent, 2);
  for (const json& more : {json(1000), json(18'446'744'073'709'551'615ULL)}) {
    claims["rate"] = claims["parallel"] = more;
    bearer = Of(claims);
    ASSERT_NE(bearer, nullptr) << more;
    EXPECT_EQ(bearer->terms->requests->spacing, std::chrono::milliseconds(100));
    EXPECT_EQ(bearer->terms->concurrent, 8);
  }
  for (const json& other : {json("5"), json(5.0), json(0), json(-1), json(nullptr), json({5})}) {
    EXPECT_EQ(OfClaims(Claims("rate", other)), TokenVerdict::kBadClaims) << other;
    EXPECT_EQ(OfClaims(Claims("parallel", other)), TokenVerdict::kBadClaims) << other;
  }
}

TEST_F(Bearer, EachSubjectHasItsOwnGuardWhateverItsToken) {
  const auto alice = Of(Claims());
  const auto again = Of(Claims("jti", "2"));
  const auto bob = Of(Claims("sub", "bob"));
  EXPECT_EQ(alice->guard, again->guard);
  EXPECT_EQ(alice->id, again->id);
  EXPECT_NE(alice->guard, bob->guard);
  EXPECT_NE(alice->id, bob->id);
  EXPECT_EQ(alice->name, "corp");
  EXPECT_THAT(alice->id, testing::MatchesRegex("corp:[0-9a-f]{16}"));
  EXPECT_TRUE(alice->is_token);
  // A change of the issuer resets no limit.
  rules().add_endpoints("**");
  EXPECT_EQ(Of(Claims())->guard, alice->guard);
  rules().set_subject_claim("team");
  EXPECT_EQ(Of(Claims("team", "alice"))->guard, alice->guard);
  EXPECT_EQ(OfClaims(Claims()), TokenVerdict::kBadClaims) << "no team";
  rules().clear_subject_claim();
  for (const json& sub : {json(""), json(1), json(nullptr), json(std::string(1025, 's'))}) {
    EXPECT_EQ(OfClaims(Claims("sub", sub)), TokenVerdict::kBadClaims) << sub;
  }
}

TEST_F(Bearer, AVerifiedTokenIsRememberedUntilItEnds) {
  const auto snapshot = gateway_.Build();
  const auto& issuers = snapshot->token_issuers();
  const std::string token = ec_.Token(Claims());
  const auto digest = crypto::Sha256(token);
  const auto first = FindBearer(issuers, token, digest, kNow);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(FindBearer(issuers, token, digest, kNow), first);
  EXPECT_EQ(FindBearer(issuers, token, digest, kNow + absl::Seconds(89)), first);
  EXPECT_EQ(FindBearer(issuers, token, digest, kNow + absl::Seconds(90)), nullptr);
  EXPECT_EQ(issuers.memory().tokens(), 1u);
  EXPECT_EQ(issuers.memory().count(TokenVerdict::kGood), 3u);
  EXPECT_EQ(issuers.memory().count(TokenVerdict::kExpired), 1u);
  // Failures are not.
  const std::string forged = TokenSigner::P256().Token(Claims());
  EXPECT_EQ(FindBearer(issuers, forged, crypto::Sha256(forged), kNow), nullptr);
  EXPECT_EQ(issuers.memory().tokens(), 1u);
  EXPECT_EQ(issuers.memory().count(TokenVerdict::kBadSignature), 1u);
}

TEST_F(Bearer, AChangedIssuerForgetsItsTokensAndAnUnchangedOneKeepsThem) {
  const std::string token = ec_.Token(Claims());
  const auto digest = crypto::Sha256(token);
  const auto find = [&] {
    const auto snapshot = gateway_.Build();
    return FindBearer(snapshot->token_issuers(), token, digest, kNow);
  };
  const auto first = find();
  ASSERT_NE(first, nullptr);
  gateway_.AddProvider("ollama", "ollama");
  EXPECT_EQ(find(), first) << "another resource changed";
  rules().add_methods("GET");
  const auto second = find();
  ASSERT_NE(second, nullptr);
  EXPECT_NE(second, first);
  EXPECT_EQ(second->terms->methods.size(), 1u);
  rules().set_jwks(test::JwksOf({TokenSigner::P256().Jwk("e")}));
  EXPECT_EQ(find(), nullptr) << "its key was taken away";
  gateway_.configuration().clear_jwt_issuers();
  EXPECT_EQ(find(), nullptr);
}

}  // namespace
}  // namespace sluice::policy
