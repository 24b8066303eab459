#include <gmock/gmock.h>

#include "common/base/file.h"
#include "tests/support/temp_folder.h"
#include "tests/support/token_signer.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class JwtIssuerCommandsTest : public CommandTest {
 protected:
  JwtIssuerCommandsTest() {
    Answer<admin::v1::CreateJwtIssuerResponse>("jwt_issuer { name: 'corp' } revision: 6");
    Answer<admin::v1::UpdateJwtIssuerResponse>("jwt_issuer { name: 'corp' } revision: 7");
    Answer<admin::v1::DeleteJwtIssuerResponse>("revision: 8");
  }
  std::string FileOf(const std::string& text) {
    const std::string path = folder_.File("given");
    EXPECT_TRUE(base::WriteFileAtomically(path, text).ok());
    return path;
  }
  test::TempFolder folder_;
};

TEST_F(JwtIssuerCommandsTest, CreatesWithEveryOption) {
  const std::string file = FileOf("{}");
  const Result result = Run({"jwt-issuer",  "create",
                             "corp",        "--issuer",
                             "https://x",   "--audience",
                             "a,b",         "--algorithm",
                             "RS256,eddsa", "--jwks-file",
                             file,          "--leeway",
                             "1m",          "--providers",
                             "p,q",         "--methods",
                             "POST",        "--endpoints",
                             "chat/**",     "--models",
                             "gpt-*",       "--rate",
                             "100/1m",      "--burst",
                             "5",           "--concurrent",
                             "3",           "--providers-claim",
                             "c1",          "--endpoints-claim",
                             "c2",          "--models-claim",
                             "c3",          "--subject-claim",
                             "c4",          "--requests-claim",
                             "c5",          "--tokens-claim",
                             "c6",          "--concurrent-claim",
                             "c7",          "--label",
                             "team=x",      "--disabled"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "jwt issuer corp created, revision 6\n");
  EXPECT_EQ(Asked<admin::v1::CreateJwtIssuerRequest>(),
            "jwt_issuer { name: \"corp\" enabled: false issuer: \"https://x\" audiences: \"a\" "
            "audiences: \"b\" algorithms: JWT_ALGORITHM_RS256 algorithms: JWT_ALGORITHM_EDDSA "
            "jwks: \"{}\" leeway { seconds: 60 } providers: \"p\" providers: \"q\" methods: "
            "\"POST\" endpoints: \"chat/**\" models: \"gpt-*\" limits { requests { amount: 100 "
            "interval { seconds: 60 } burst: 5 } concurrent: 3 } providers_claim: \"c1\" "
            "endpoints_claim: \"c2\" models_claim: \"c3\" subject_claim: \"c4\" requests_claim: "
            "\"c5\" tokens_claim: \"c6\" concurrent_claim: \"c7\" labels { key: \"team\" value: "
            "\"x\" } }");
}

TEST_F(JwtIssuerCommandsTest, TheSecretIsNeverAnArgument) {
  environment_["SECRET"] = "from the environment";
  const std::vector<std::string> create = {"jwt-issuer", "create", "b",           "--issuer", "b",
                                           "--audience", "a",      "--algorithm", "HS256"};
  const auto run = [&](const std::vector<std::string>& more, const std::string& input = "") {
    std::vector<std::string> args = create;
    args.insert(args.end(), more.begin(), more.end());
    return Run(args, input);
  };
  EXPECT_EQ(run({"--hs256-from-env", "SECRET"}).exit_code, 0);
  EXPECT_THAT(Asked<admin::v1::CreateJwtIssuerRequest>(),
              HasSubstr("hs256_secret: \"from the environment\""));
  EXPECT_EQ(run({"--hs256-from-file", FileOf("from a file\n")}).exit_code, 0);
  EXPECT_THAT(Asked<admin::v1::CreateJwtIssuerRequest>(),
              HasSubstr("hs256_secret: \"from a file\""));
  EXPECT_EQ(run({"--hs256-from-file", "-"}, "from input").exit_code, 0);
  EXPECT_THAT(Asked<admin::v1::CreateJwtIssuerRequest>(),
              HasSubstr("hs256_secret: \"from input\""));
  const Result missing = run({"--hs256-from-env", "NOT_SET"});
  EXPECT_NE(missing.exit_code, 0);
  EXPECT_THAT(missing.err, HasSubstr("NOT_SET of --hs256-from-env is not set"));
  const Result empty = run({"--hs256-from-file", FileOf("")});
  EXPECT_THAT(empty.err, HasSubstr("must hold the HS256 secret"));
  EXPECT_NE(run({"--hs256-from-file", "-", "--hs256-from-env", "SECRET"}).exit_code, 0);
  EXPECT_NE(run({"--hs256-from-file", "-", "--jwks-file", "-"}).exit_code, 0);
}

TEST_F(JwtIssuerCommandsTest, SaysWhatIsWrongBeforeItAsks) {
  const Result algorithm =
      Run({"jwt-issuer", "create", "c", "--issuer", "i", "--audience", "a", "--algorithm", "none"});
  EXPECT_EQ(algorithm.exit_code, 2);
  EXPECT_THAT(algorithm.err, HasSubstr("--algorithm \"none\" is not one of RS256, ES256, EdDSA"));
  EXPECT_EQ(Run({"jwt-issuer", "create", "c", "--issuer", "i"}).exit_code, 2);
  const Result file = Run({"jwt-issuer", "create", "c", "--issuer", "i", "--audience", "a",
                           "--jwks-file", "/none/jwks.json"});
  EXPECT_THAT(file.err, HasSubstr("/none/jwks.json"));
  EXPECT_THAT(Run({"jwt-issuer", "update", "c"}).err, HasSubstr("there is nothing to update"));
}

TEST_F(JwtIssuerCommandsTest, UpdatesWhatIsNamed) {
  EXPECT_EQ(Run({"jwt-issuer", "update", "corp", "--jwks-file", "-", "--models-claim", "",
                 "--all-providers", "--no-limits", "--enable"},
                "{}")
                .out,
            "jwt issuer corp updated, revision 7\n");
  EXPECT_EQ(Asked<admin::v1::UpdateJwtIssuerRequest>(),
            "jwt_issuer { name: \"corp\" enabled: true jwks: \"{}\" } update_mask { paths: "
            "\"jwks\" paths: \"models_claim\" paths: \"limits\" paths: \"providers\" paths: "
            "\"enabled\" }");
}

TEST_F(JwtIssuerCommandsTest, ListsAndShowsWithoutTheWholeKeySet) {
  Answer<admin::v1::ListJwtIssuersResponse>(
      "jwt_issuers { name: 'corp' issuer: 'https://x' audiences: ['a', 'b'] } revision: 3");
  EXPECT_THAT(Run({"jwt-issuer", "list"}).out,
              HasSubstr("corp  enabled  https://x  a, b       all"));
  Answer<admin::v1::ListJwtIssuersResponse>("revision: 3");
  EXPECT_THAT(Run({"jwt-issuer", "list"}).err, HasSubstr("there is no token issuer"));
  config::v1::JwtIssuer issuer;
  issuer.set_name("corp");
  issuer.add_algorithms(config::v1::JWT_ALGORITHM_ES256);
  issuer.set_jwks(test::JwksOf({test::TokenSigner::P256().Jwk("k")}));
  Answer(issuer);
  const std::string shown = Run({"jwt-issuer", "get", "corp"}).out;
  EXPECT_THAT(shown, HasSubstr("1 for signatures"));
  EXPECT_THAT(shown, HasSubstr("es256"));
  EXPECT_THAT(shown, Not(HasSubstr("\"kty\"")));
  EXPECT_THAT(Run({"jwt-issuer", "get", "corp", "-o", "yaml"}).out, HasSubstr("kty"));
}

TEST_F(JwtIssuerCommandsTest, Deletes) {
  EXPECT_EQ(Run({"jwt-issuer", "delete", "corp"}).out, "jwt issuer corp deleted, revision 8\n");
  EXPECT_EQ(Asked<admin::v1::DeleteJwtIssuerRequest>(), "name: \"corp\"");
}

}  // namespace
}  // namespace sluice::cli
