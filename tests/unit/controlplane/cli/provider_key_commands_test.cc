#include <gmock/gmock.h>

#include "common/base/file.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class ProviderKeyCommandsTest : public CommandTest {
 protected:
  Result Add(const std::vector<std::string>& source, const std::string& input = "") {
    std::vector<std::string> arguments = {"provider-key", "add", "openai", "--name", "main"};
    arguments.insert(arguments.end(), source.begin(), source.end());
    return Run(arguments, input);
  }
};

TEST_F(ProviderKeyCommandsTest, TakesTheKeyFromStandardInput) {
  Answer<admin::v1::CreateProviderKeyResponse>(
      "provider_key { provider: 'openai' name: 'main' } revision: 2");
  const Result result = Add({"-"}, "sk-canary\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "provider key openai/main added, revision 2\n");
  EXPECT_EQ(Asked<admin::v1::CreateProviderKeyRequest>(),
            "provider: \"openai\" name: \"main\" secret: \"sk-canary\"");
}

TEST_F(ProviderKeyCommandsTest, TakesTheKeyFromTheEnvironment) {
  environment_["OPENAI_API_KEY"] = "sk-env\r\n";
  EXPECT_EQ(Add({"--from-env", "OPENAI_API_KEY"}).exit_code, 0);
  EXPECT_THAT(Asked<admin::v1::CreateProviderKeyRequest>(), EndsWith("secret: \"sk-env\""));
}

TEST_F(ProviderKeyCommandsTest, TakesTheKeyFromAFileAndOneLineEndOff) {
  test::TempFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder.File("k"), "sk-file \n\n").ok());
  EXPECT_EQ(Add({"--from-file", folder.File("k")}).exit_code, 0);
  EXPECT_THAT(Asked<admin::v1::CreateProviderKeyRequest>(), EndsWith(R"(secret: "sk-file \n")"));
}

TEST_F(ProviderKeyCommandsTest, NeedsExactlyOneSource) {
  environment_["V"] = "x";
  EXPECT_THAT(Add({}).err, HasSubstr("there is no provider key; give it with --from-env"));
  EXPECT_THAT(Add({"-", "--from-env", "V"}, "x").err, HasSubstr("give the provider key once"));
  EXPECT_EQ(Add({}).exit_code, 2);
  EXPECT_EQ(requests(), 0u);
}

TEST_F(ProviderKeyCommandsTest, AKeyGivenAsAnArgumentIsRefusedAndNotRepeated) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"sk-canary"},
                                             {"-", "sk-canary"},
                                             {"--secret", "sk-canary"},
                                             {"--key=sk-canary"},
                                             {"--from-env", "sk-canary"}}) {
    const Result result = Add(wrong, "x");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, Not(HasSubstr("canary")));
    EXPECT_THAT(result.out, Not(HasSubstr("canary")));
  }
  EXPECT_EQ(requests(), 0u);
}

TEST_F(ProviderKeyCommandsTest, SaysWhichSourceIsEmptyOrMissing) {
  environment_["EMPTY"] = "\n";
  EXPECT_THAT(Add({"-"}, "\n").err, HasSubstr("standard input is empty"));
  EXPECT_THAT(Add({"-"}).err, HasSubstr("standard input is empty"));
  EXPECT_THAT(Add({"--from-env", "EMPTY"}).err, HasSubstr("variable EMPTY is empty"));
  EXPECT_THAT(Add({"--from-env", "NONE"}).err, HasSubstr("NONE of --from-env is not set"));
  EXPECT_THAT(Add({"--from-file", "/nonexistent/k"}).err, HasSubstr("\"/nonexistent/k\""));
  EXPECT_EQ(Add({"-"}).exit_code, 1);
  EXPECT_EQ(requests(), 0u);
}

TEST_F(ProviderKeyCommandsTest, Lists) {
  Answer<admin::v1::ListProviderKeysResponse>(
      "provider_keys { id: 'pk_1' provider: 'openai' name: 'main' enabled: false }"
      "provider_keys { id: 'pk_2' provider: 'openai' name: 'spare' weight: 3 }"
      "provider_keys { id: 'pk_3' provider: 'openai' name: 'third' } revision: 3 "
      "health { key: 'pk_2' value { state: 'suspended' reason: '401' until { seconds: 1 } } }"
      "health { key: 'pk_3' value { state: 'healthy' reason: 'a request succeeded' } }");
  EXPECT_EQ(Run({"provider-key", "list"}).out,
            "PROVIDER  NAME   ID    WEIGHT  STATE      UNTIL  REASON\n"
            "openai    main   pk_1  1       disabled   -      -\n"
            "openai    spare  pk_2  3       suspended  now    401\n"
            "openai    third  pk_3  1       healthy    -      -\n");
  Run({"provider-key", "list", "groq"});
  EXPECT_EQ(Asked<admin::v1::ListProviderKeysRequest>(), "provider: \"groq\"");
}

TEST_F(ProviderKeyCommandsTest, ShowsOneKeyAndWhatEachNodeMakesOfIt) {
  Answer<admin::v1::ListProviderKeysResponse>(
      "provider_keys { id: 'pk_1' provider: 'openai' name: 'main' generation: 4 }"
      "provider_keys { id: 'pk_2' provider: 'openai' name: 'spare' } revision: 3 "
      "health { key: 'pk_1' value { state: 'cooling' reason: '429, Retry-After' "
      "until { seconds: 1 } nodes { node: 'edge-1' state: 'cooling' reason: '429, Retry-After' } "
      "nodes { node: 'edge-2' state: 'healthy' reason: 'x' } } }");
  const Result result = Run({"provider-key", "get", "openai", "main"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("generation  4\n"));
  EXPECT_THAT(result.out, HasSubstr("cooling  now    429, Retry-After\n"));
  EXPECT_THAT(result.out, HasSubstr("\nedge-1  cooling"));
  EXPECT_THAT(result.out, HasSubstr("\nedge-2  healthy"));
  EXPECT_THAT(result.out, Not(HasSubstr("spare")));
  const Result none = Run({"provider-key", "get", "openai", "other"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("\"openai/other\" does not exist"));
}

TEST_F(ProviderKeyCommandsTest, GivesAndChangesTheWeight) {
  EXPECT_EQ(Add({"-", "--weight", "3"}, "sk-canary").exit_code, 0);
  EXPECT_THAT(Asked<admin::v1::CreateProviderKeyRequest>(), HasSubstr("weight: 3"));
  Answer<admin::v1::UpdateProviderKeyResponse>(
      "provider_key { provider: 'openai' name: 'main' } revision: 8");
  EXPECT_EQ(Run({"provider-key", "update", "openai", "main", "--weight", "5"}).out,
            "provider key openai/main changed, revision 8\n");
  EXPECT_EQ(Asked<admin::v1::UpdateProviderKeyRequest>(),
            "ref { provider: \"openai\" name: \"main\" } provider_key { weight: 5 } "
            "update_mask { paths: \"weight\" }");
  EXPECT_EQ(Run({"provider-key", "update", "openai", "main", "-"}, "sk-new\n").exit_code, 0);
  EXPECT_EQ(Asked<admin::v1::UpdateProviderKeyRequest>(),
            "ref { provider: \"openai\" name: \"main\" } secret: \"sk-new\"");
  EXPECT_EQ(Run({"provider-key", "update", "openai", "main", "--weight", "0"}).exit_code, 2);
  const Result nothing = Run({"provider-key", "update", "openai", "main"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("there is nothing to change"));
}

TEST_F(ProviderKeyCommandsTest, EnablesDisablesAndDeletes) {
  Answer<admin::v1::UpdateProviderKeyResponse>(
      "provider_key { provider: 'openai' name: 'main' } revision: 8");
  EXPECT_EQ(Run({"provider-key", "disable", "openai", "main"}).out,
            "provider key openai/main disabled, revision 8\n");
  EXPECT_EQ(Asked<admin::v1::UpdateProviderKeyRequest>(),
            "ref { provider: \"openai\" name: \"main\" } provider_key { enabled: false } "
            "update_mask { paths: \"enabled\" }");
  Run({"provider-key", "enable", "openai", "main"});
  EXPECT_THAT(Asked<admin::v1::UpdateProviderKeyRequest>(),
              HasSubstr("provider_key { enabled: true }"));
  EXPECT_EQ(Run({"provider-key", "delete", "openai", "main"}).exit_code, 0);
  EXPECT_EQ(Asked<admin::v1::DeleteProviderKeyRequest>(),
            "ref { provider: \"openai\" name: \"main\" }");
}

}  // namespace
}  // namespace sluice::cli
