#include <gmock/gmock.h>

#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ProviderCommandsTest = CommandTest;

TEST_F(ProviderCommandsTest, ListsPresets) {
  Answer<admin::v1::ListPresetsResponse>(
      "presets { name: 'openai' title: 'OpenAI' base_url: 'https://api.openai.com/v1' "
      "key_required: true }"
      "presets { name: 'ollama' title: 'Ollama' }");
  EXPECT_EQ(Run({"provider", "presets"}).out,
            "NAME    TITLE   KEY       BASE URL\n"
            "openai  OpenAI  required  https://api.openai.com/v1\n"
            "ollama  Ollama  optional  (give --base-url)\n");
}

TEST_F(ProviderCommandsTest, ListsInThreeForms) {
  Answer<admin::v1::ListProvidersResponse>(
      "providers { name: 'a' preset: 'openai' enabled: true base_url: 'https://a/v1' }"
      "providers { name: 'b' preset: 'groq' enabled: false } revision: 7");
  EXPECT_EQ(Run({"provider", "list"}).out,
            "NAME  PRESET  STATE     BASE URL\n"
            "a     openai  enabled   https://a/v1\n"
            "b     groq    disabled  (of the preset)\n");
  const Result json = Run({"provider", "list", "-o", "json"});
  EXPECT_THAT(json.out, HasSubstr("\"base_url\": \"https://a/v1\""));
  EXPECT_THAT(json.out, HasSubstr("\"revision\": 7"));
  EXPECT_THAT(Run({"provider", "list", "-o", "yaml"}).out,
              HasSubstr("  - name: b\n    preset: groq\n    enabled: false\n"));
}

TEST_F(ProviderCommandsTest, ShowsOne) {
  Answer<config::v1::Provider>(
      "name: 'a' preset: 'openai' enabled: true timeouts { connect { seconds: 5 } }"
      "auth { header: 'X' } labels { key: 'team' value: 'x' }");
  const Result result = Run({"provider", "get", "a"});
  EXPECT_EQ(Asked<admin::v1::GetProviderRequest>(), "name: \"a\"");
  EXPECT_THAT(result.out, HasSubstr("timeouts.connect  5s\n"));
  EXPECT_THAT(result.out, HasSubstr("labels            team=x\n"));
}

TEST_F(ProviderCommandsTest, CreatesWithEveryOption) {
  Answer<admin::v1::CreateProviderResponse>("provider { name: 'x' } revision: 3");
  const Result result = Run({"provider",
                             "create",
                             "x",
                             "--preset",
                             "openai",
                             "--base-url",
                             "http://h:1/v1",
                             "--label",
                             "a=1",
                             "--label",
                             "b=2=3",
                             "--disabled",
                             "--connect-timeout",
                             "2s",
                             "--strip-v1",
                             "false",
                             "--encoded-slashes",
                             "preserve",
                             "--max-body-bytes",
                             "5",
                             "--if-revision",
                             "2",
                             "--set",
                             "denied_endpoints=[\"files/\"]"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "provider x created, revision 3\n");
  EXPECT_EQ(Asked<admin::v1::CreateProviderRequest>(),
            "provider { name: \"x\" preset: \"openai\" enabled: false base_url: \"http://h:1/v1\" "
            "denied_endpoints: \"files/\" strip_v1: false "
            "encoded_slashes: ENCODED_SLASHES_PRESERVE timeouts { connect { seconds: 2 } } "
            "max_body_bytes: 5 labels { key: \"a\" value: \"1\" } "
            "labels { key: \"b\" value: \"2=3\" } } expected_revision: 2");
}

TEST_F(ProviderCommandsTest, CreateSendsOnlyWhatWasGiven) {
  Run({"provider", "create", "x", "--preset", "openai"});
  EXPECT_EQ(Asked<admin::v1::CreateProviderRequest>(),
            "provider { name: \"x\" preset: \"openai\" }");
}

TEST_F(ProviderCommandsTest, UpdatesWhatIsNamed) {
  Answer<admin::v1::UpdateProviderResponse>("provider { name: 'x' } revision: 4");
  const Result result = Run({"provider", "update", "x", "--base-url", "http://h", "--enable",
                             "--set", "timeouts.connect=3s", "--unset", "auth"});
  EXPECT_EQ(result.out, "provider x updated, revision 4\n") << result.err;
  EXPECT_EQ(Asked<admin::v1::UpdateProviderRequest>(),
            "provider { name: \"x\" enabled: true base_url: \"http://h\" "
            "timeouts { connect { seconds: 3 } } } "
            "update_mask { paths: \"base_url\" paths: \"timeouts.connect\" paths: \"enabled\" "
            "paths: \"auth\" }");
}

TEST_F(ProviderCommandsTest, AWrongFieldIsUsage) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "there is nothing to update"},
      {{"--enable", "--disable"}, "--enable"},
      {{"--strip-v1", "maybe"}, "field \"strip_v1\" must be true or false, not \"maybe\""},
      {{"--encoded-slashes", "drop"}, "must be decode or preserve, not \"drop\""},
      {{"--connect-timeout", "5"}, "\"timeouts.connect\" must be a duration"},
      {{"--set", "base_urll=x"}, "did you mean \"base_url\"?"},
      {{"--set", "base_url"}, "is not of the form FIELD=JSON"},
      {{"--unset", "nope"}, "there is no field \"nope\""},
      {{"--base-url", "a", "--set", "base_url=b"}, "\"base_url\" is given twice"},
      {{"--label", "x"}, "\"x\" is not of the form name=value"},
      {{"--label", "x=1", "--label", "x=2"}, "\"x\" is given twice"}};
  for (const auto& [options, sentence] : cases) {
    std::vector<std::string> arguments = {"provider", "update", "x"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Result result = Run(arguments);
    EXPECT_EQ(result.exit_code, 2) << sentence;
    EXPECT_THAT(result.err, HasSubstr(sentence));
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_EQ(requests(), 0u);
}

TEST_F(ProviderCommandsTest, Deletes) {
  Answer<admin::v1::DeleteProviderResponse>("revision: 5");
  EXPECT_EQ(Run({"provider", "delete", "x"}).out, "provider x and its keys deleted, revision 5\n");
  EXPECT_EQ(Asked<admin::v1::DeleteProviderRequest>(), "name: \"x\"");
}

TEST_F(ProviderCommandsTest, SetsWhatGuardsAProvider) {
  Answer<admin::v1::UpdateProviderResponse>("provider { name: 'x' } revision: 3");
  const Result result = Run({"provider",
                             "update",
                             "x",
                             "--key-strategy",
                             "least-loaded",
                             "--max-attempts",
                             "3",
                             "--repeat-unsafe",
                             "true",
                             "--breaker",
                             "false",
                             "--breaker-failures",
                             "40",
                             "--breaker-minimum",
                             "7",
                             "--breaker-window",
                             "30s",
                             "--breaker-open-for",
                             "2s",
                             "--max-concurrent",
                             "9"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(Asked<admin::v1::UpdateProviderRequest>(),
              HasSubstr("key_strategy: KEY_STRATEGY_LEAST_LOADED retries { max_attempts: 3 "
                        "repeat_unsafe: true } breaker { enabled: false failure_percent: 40 "
                        "minimum_requests: 7 window { seconds: 30 } open_for { seconds: 2 } } "
                        "max_concurrent: 9"));
  EXPECT_THAT(Run({"provider", "update", "x", "--key-strategy", "random"}).err,
              HasSubstr("must be round_robin or least_loaded or sticky"));
  EXPECT_THAT(Run({"provider", "update", "x", "--max-attempts", "99999999999"}).err,
              HasSubstr("must be a whole number"));
}

}  // namespace
}  // namespace sluice::cli
