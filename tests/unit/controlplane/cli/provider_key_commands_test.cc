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
      "provider_keys { id: 'pk_1' provider: 'openai' name: 'main' enabled: false "
      "created_at { seconds: 1769860800 } } revision: 3");
  EXPECT_EQ(Run({"provider-key", "list"}).out,
            "PROVIDER  NAME  ID    STATE     CREATED\n"
            "openai    main  pk_1  disabled  2026-01-31T12:00:00Z\n");
  Run({"provider-key", "list", "groq"});
  EXPECT_EQ(Asked<admin::v1::ListProviderKeysRequest>(), "provider: \"groq\"");
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
