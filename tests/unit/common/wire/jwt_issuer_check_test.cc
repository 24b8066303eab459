#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "common/wire/config_check.h"
#include "common/wire/resource_set.h"
#include "tests/support/token_signer.h"

namespace sluice::wire {
namespace {

using config::v1::JwtIssuer;
using ::testing::HasSubstr;

const std::string& Jwks() {
  static const std::string* const jwks =
      new std::string(test::JwksOf({test::TokenSigner::P256().Jwk("k")}));
  return *jwks;
}

JwtIssuer Good() {
  JwtIssuer issuer;
  issuer.set_name("corp");
  issuer.set_issuer("https://id.example.com");
  issuer.add_audiences("sluice");
  issuer.set_jwks(Jwks());
  return issuer;
}

std::string Fault(const std::function<void(JwtIssuer&)>& change) {
  JwtIssuer issuer = Good();
  change(issuer);
  return std::string(ToStatus(CheckJwtIssuer(issuer)).message());
}

TEST(JwtIssuerCheck, TakesAGoodOne) {
  EXPECT_EQ(Fault([](JwtIssuer&) {}), "");
  EXPECT_EQ(Fault([](JwtIssuer& issuer) {
              issuer.set_enabled(false);
              issuer.add_audiences("other");
              issuer.add_algorithms(config::v1::JWT_ALGORITHM_ES256);
              issuer.mutable_leeway()->set_seconds(600);
              issuer.add_methods("POST");
              issuer.add_endpoints("chat/**");
              issuer.add_models("gpt-*");
              issuer.mutable_limits()->set_concurrent(3);
              issuer.set_concurrent_claim("n");
              issuer.set_models_claim("https://example.com/models");
            }),
            "");
  EXPECT_EQ(Fault([](JwtIssuer& issuer) {
              issuer.clear_jwks();
              issuer.add_algorithms(config::v1::JWT_ALGORITHM_HS256);
            }),
            "");
}

TEST(JwtIssuerCheck, NamesEachFieldThatBreaksARule) {
  const std::pair<const char*, std::function<void(JwtIssuer&)>> cases[] = {
      {"name \"Corp\"", [](JwtIssuer& issuer) { issuer.set_name("Corp"); }},
      {"issuer \"\"", [](JwtIssuer& issuer) { issuer.clear_issuer(); }},
      {"issuer \"xxx", [](JwtIssuer& issuer) { issuer.set_issuer(std::string(1025, 'x')); }},
      {"issuer \"a\\n\"", [](JwtIssuer& issuer) { issuer.set_issuer("a\n"); }},
      {"audiences has 0 entries", [](JwtIssuer& issuer) { issuer.clear_audiences(); }},
      {"audiences has 17 entries",
       [](JwtIssuer& issuer) {
         for (int i = 0; i < 16; ++i) issuer.add_audiences(std::to_string(i));
       }},
      {"audiences has \"\"", [](JwtIssuer& issuer) { issuer.add_audiences(""); }},
      {"audiences has \"sluice\" twice", [](JwtIssuer& issuer) { issuer.add_audiences("sluice"); }},
      {"algorithms has 0",
       [](JwtIssuer& issuer) { issuer.add_algorithms(config::v1::JWT_ALGORITHM_UNSPECIFIED); }},
      {"algorithms has 99",
       [](JwtIssuer& issuer) { issuer.add_algorithms(static_cast<config::v1::JwtAlgorithm>(99)); }},
      {"algorithms has JWT_ALGORITHM_ES256 twice",
       [](JwtIssuer& issuer) {
         issuer.add_algorithms(config::v1::JWT_ALGORITHM_ES256);
         issuer.add_algorithms(config::v1::JWT_ALGORITHM_ES256);
       }},
      {"jwks is no JSON object", [](JwtIssuer& issuer) { issuer.clear_jwks(); }},
      {"jwks has no key for signatures of one of the algorithms",
       [](JwtIssuer& issuer) { issuer.add_algorithms(config::v1::JWT_ALGORITHM_RS256); }},
      {"leeway must be 0 to 10m",
       [](JwtIssuer& issuer) { issuer.mutable_leeway()->set_seconds(-1); }},
      {"leeway must be 0 to 10m",
       [](JwtIssuer& issuer) {
         issuer.mutable_leeway()->set_seconds(600);
         issuer.mutable_leeway()->set_nanos(1);
       }},
      {"providers has \"A\"", [](JwtIssuer& issuer) { issuer.add_providers("A"); }},
      {"methods has \"get\"", [](JwtIssuer& issuer) { issuer.add_methods("get"); }},
      {"endpoints has \"/x\"", [](JwtIssuer& issuer) { issuer.add_endpoints("/x"); }},
      {"models has \"\"", [](JwtIssuer& issuer) { issuer.add_models(""); }},
      {"limits.requests.amount 0",
       [](JwtIssuer& issuer) { issuer.mutable_limits()->mutable_requests(); }},
      {"providers_claim is longer",
       [](JwtIssuer& issuer) { issuer.set_providers_claim(std::string(257, 'c')); }},
      {"subject_claim is longer", [](JwtIssuer& issuer) { issuer.set_subject_claim("a\tb"); }},
      {"requests_claim is given without limits.requests",
       [](JwtIssuer& issuer) { issuer.set_requests_claim("n"); }},
      {"tokens_claim is given without limits.tokens",
       [](JwtIssuer& issuer) { issuer.set_tokens_claim("n"); }},
      {"concurrent_claim is given without limits.concurrent",
       [](JwtIssuer& issuer) { issuer.set_concurrent_claim("n"); }},
      {"labels has the name \"\"", [](JwtIssuer& issuer) { (*issuer.mutable_labels())[""] = "x"; }},
  };
  for (const auto& [fault, change] : cases) {
    EXPECT_THAT(Fault(change), HasSubstr(fault));
  }
}

std::string SecretFault(bool hs256, size_t bytes) {
  JwtIssuer issuer = Good();
  if (hs256) issuer.add_algorithms(config::v1::JWT_ALGORITHM_HS256);
  return std::string(ToStatus(CheckJwtSecret(issuer, std::string(bytes, 'Q'))).message());
}

TEST(JwtIssuerCheck, ASecretIsForHs256AndLong) {
  EXPECT_EQ(SecretFault(false, 0), "");
  EXPECT_EQ(SecretFault(true, 32), "");
  EXPECT_EQ(SecretFault(true, 4096), "");
  EXPECT_THAT(SecretFault(false, 32), HasSubstr("is not one of its algorithms"));
  EXPECT_THAT(SecretFault(true, 0), HasSubstr("there is no secret for it"));
  EXPECT_THAT(SecretFault(true, 31), HasSubstr("its secret has 31 bytes"));
  EXPECT_THAT(SecretFault(true, 4097), HasSubstr("its secret has 4097 bytes"));
  EXPECT_THAT(SecretFault(true, 31), ::testing::Not(HasSubstr("QQ")));
}

TEST(JwtIssuerCheck, OfAWholeConfigurationNamesAndIssuersAreUniqueAndProvidersExist) {
  config::v1::Configuration configuration;
  *configuration.add_jwt_issuers()->mutable_issuer() = Good();
  EXPECT_TRUE(CheckConfiguration(configuration).empty());
  JwtIssuer& second = *configuration.add_jwt_issuers()->mutable_issuer();
  second = Good();
  second.add_providers("openai");
  const std::string faults = ToStatus(CheckConfiguration(configuration)).ToString();
  EXPECT_THAT(faults, HasSubstr("jwt issuer \"corp\": the name is taken twice"));
  EXPECT_THAT(faults, HasSubstr("issuer \"https://id.example.com\" is that of another one"));
  EXPECT_THAT(faults, HasSubstr("provider \"openai\" does not exist"));
  second.set_name("other");
  second.set_issuer("other");
  configuration.add_providers()->set_name("openai");
  configuration.mutable_providers(0)->set_preset("openai");
  EXPECT_TRUE(CheckConfiguration(configuration).empty());
}

TEST(JwtIssuerCheck, AResourceSetHasThem) {
  config::v1::Configuration configuration;
  auto* entry = configuration.add_jwt_issuers();
  *entry->mutable_issuer() = Good();
  const auto set = ResourceSet::Parse(configuration.SerializeAsString());
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->count(config::v1::RESOURCE_KIND_JWT_ISSUER), 1u);
  EXPECT_NE(set->Find(config::v1::RESOURCE_KIND_JWT_ISSUER, "corp"), nullptr);
  EXPECT_EQ(set->Serialize().Reveal(), configuration.SerializeAsString());
  entry->set_hs256_secret("s");
  EXPECT_NE(ResourceSet::Parse(configuration.SerializeAsString())->Hash(), set->Hash());
  *configuration.add_jwt_issuers() = *entry;
  EXPECT_FALSE(ResourceSet::Parse(configuration.SerializeAsString()).ok()) << "twice";
  configuration.clear_jwt_issuers();
  configuration.add_jwt_issuers()->set_hs256_secret("s");
  EXPECT_FALSE(ResourceSet::Parse(configuration.SerializeAsString()).ok()) << "no name";
}

}  // namespace
}  // namespace sluice::wire
