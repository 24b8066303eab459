#include <gmock/gmock.h>

#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using AdminCommandsTest = CommandTest;

TEST_F(AdminCommandsTest, CreatePrintsTheTokenAlone) {
  Answer<admin::v1::CreateAdminTokenResponse>(
      "text: 'sla_canary' token { id: 'abc' name: 'ci' role: 'operator' "
      "expires_at { seconds: 1769864400 } }");
  const Result result =
      Run({"admin", "create", "--name", "ci", "--role", "operator", "--expires", "1h"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "sla_canary\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("admin token ci (id abc, operator) created, until "
                                          "2026-01-31T13:00:00Z (in 1h)"),
                                HasSubstr("shown this once"), Not(HasSubstr("sla_canary"))));
  EXPECT_EQ(Asked<admin::v1::CreateAdminTokenRequest>(),
            "name: \"ci\" role: \"operator\" expires_in { seconds: 3600 }");
}

TEST_F(AdminCommandsTest, CreateNeedsANameAndARole) {
  EXPECT_THAT(Run({"admin", "create", "--role", "owner"}).err, HasSubstr("--name is required"));
  EXPECT_THAT(Run({"admin", "create", "--name", "x"}).err, HasSubstr("--role is required"));
  EXPECT_EQ(Run({"admin", "create", "--name", "x", "--role", "root"}).exit_code, 2);
  EXPECT_EQ(requests(), 0u);
}

TEST_F(AdminCommandsTest, ListShowsRolesAndNoToken) {
  Answer<admin::v1::ListAdminTokensResponse>(
      "tokens { id: 'a1' name: 'owner' role: 'owner' created_at { seconds: 1769860800 } } "
      "tokens { id: 'a2' name: 'ci' role: 'operator' created_at { seconds: 1769860800 } "
      "expires_at { seconds: 1769864400 } }");
  EXPECT_EQ(Run({"admin", "list"}).out,
            "NAME   ID  ROLE      CREATED               EXPIRES\n"
            "owner  a1  owner     2026-01-31T12:00:00Z  never\n"
            "ci     a2  operator  2026-01-31T12:00:00Z  2026-01-31T13:00:00Z (in 1h)\n");
}

TEST_F(AdminCommandsTest, RevokeNamesTheToken) {
  Answer<admin::v1::RevokeAdminTokenResponse>("token { name: 'ci' }");
  const Result result = Run({"admin", "revoke", "ci"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("admin token ci revoked"));
  EXPECT_EQ(Asked<admin::v1::RevokeAdminTokenRequest>(), "token: \"ci\"");
}

using SecretsCommandsTest = CommandTest;

TEST_F(SecretsCommandsTest, StatusNamesTheKeysByTheirPublicIds) {
  Answer<admin::v1::GetSecretsStatusResponse>(
      "master_keys { id: 'mk_1' available: true secrets: 3 } "
      "master_keys { id: 'mk_2' available: true newest: true secrets: 1 } "
      "master_keys { id: 'mk_3' secrets: 2 }");
  EXPECT_EQ(Run({"secrets", "status"}).out,
            "MASTER KEY  SECRETS  STATE\n"
            "mk_1        3        in use\n"
            "mk_2        1        newest: seals what is written\n"
            "mk_3        2        missing\n");
}

TEST_F(SecretsCommandsTest, RotateSaysHowFarItIs) {
  Answer<admin::v1::RotateMasterKeyProgress>("total: 7 under_newest: 7 done: true");
  const Result result = Run({"secrets", "rotate-master"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("7 of 7 secrets are under the newest master key"));
}

TEST_F(SecretsCommandsTest, ARotationThatEndsTooEarlyIsNoSuccess) {
  Answer<admin::v1::RotateMasterKeyProgress>("total: 7 under_newest: 3");
  const Result result = Run({"secrets", "rotate-master"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("the same command goes on from there"));
  Fail(FailureCode::kPermissionDenied, "the token \"ci\" may not call this");
  EXPECT_THAT(Run({"secrets", "rotate-master"}).err, HasSubstr("may not call this"));
}

using ProviderKeyReferenceCommandsTest = CommandTest;

TEST_F(ProviderKeyReferenceCommandsTest, AReferenceIsSentInsteadOfAKey) {
  const std::vector<std::string> add = {"provider-key", "add", "openai", "--name", "main"};
  const auto with = [&add](std::vector<std::string> more) {
    more.insert(more.begin(), add.begin(), add.end());
    return more;
  };
  EXPECT_EQ(Run(with({"--ref-env", "OPENAI_KEY"})).exit_code, 0);
  EXPECT_THAT(Asked<admin::v1::CreateProviderKeyRequest>(),
              HasSubstr("reference { env: \"OPENAI_KEY\" }"));
  EXPECT_EQ(Run(with({"--ref-file", "/run/keys/openai"})).exit_code, 0);
  EXPECT_THAT(Asked<admin::v1::CreateProviderKeyRequest>(),
              HasSubstr("reference { file: \"/run/keys/openai\" }"));
  EXPECT_EQ(Run(with({"--ref-exec", "/usr/bin/vault read  openai"})).exit_code, 0);
  EXPECT_THAT(Asked<admin::v1::CreateProviderKeyRequest>(),
              HasSubstr("exec { argv: \"/usr/bin/vault\" argv: \"read\" argv: \"openai\" }"));
}

TEST_F(ProviderKeyReferenceCommandsTest, TwoPlacesOrAKeyInsteadOfANameAreRefused) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--ref-env", "A", "--ref-file", "/x"},
                                             {"--ref-env", "A", "-"},
                                             {"--ref-env", "sk-canary"}}) {
    std::vector<std::string> arguments = {"provider-key", "add", "openai", "--name", "main"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    const Result result = Run(arguments, "x");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, Not(HasSubstr("canary")));
  }
  EXPECT_EQ(requests(), 0u);
}

TEST_F(ProviderKeyReferenceCommandsTest, AnUpdateReplacesTheReference) {
  EXPECT_EQ(Run({"provider-key", "update", "openai", "main", "--ref-env", "NEW"}).exit_code, 0);
  EXPECT_THAT(Asked<admin::v1::UpdateProviderKeyRequest>(),
              AllOf(HasSubstr("reference { env: \"NEW\" }"),
                    HasSubstr("update_mask { paths: \"reference\" }")));
}

TEST_F(ProviderKeyReferenceCommandsTest, RefreshSaysWhatChangedAndWhatFailed) {
  Answer<admin::v1::RefreshProviderKeysResponse>("revision: 9 changed: 'pk_1'");
  Result result = Run({"provider-key", "refresh"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "provider key pk_1 has a new text\n1 key changed, 0 failed, revision 9\n");
  Answer<admin::v1::RefreshProviderKeysResponse>(
      "revision: 9 failed: 'provider key openai/main: the file /x gives nothing'");
  result = Run({"provider-key", "refresh", "openai", "main"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("the file /x gives nothing"));
  EXPECT_THAT(result.err, HasSubstr("1 key keeps the text it had"));
  EXPECT_EQ(Asked<admin::v1::RefreshProviderKeysRequest>(),
            "ref { provider: \"openai\" name: \"main\" }");
  EXPECT_EQ(Run({"provider-key", "refresh", "openai"}).exit_code, 2);
}

}  // namespace
}  // namespace sluice::cli
