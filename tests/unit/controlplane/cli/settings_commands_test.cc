#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SettingsCommandsTest : public CommandTest {
 protected:
  SettingsCommandsTest() {
    Answer<admin::v1::GetSettingsResponse>(
        "settings { enable_passthrough_routes: false max_body_bytes: 5 "
        "timeouts { connect { seconds: 7 } first_byte { seconds: 600 } } } revision: 3");
  }
};

TEST_F(SettingsCommandsTest, ShowsAllBesideTheirDefaults) {
  EXPECT_EQ(Run({"settings", "get"}).out,
            "NAME                       VALUE  DEFAULT\n"
            "enable_passthrough_routes  false  true\n"
            "max_body_bytes             5      1073741824\n"
            "timeouts.connect           7s     5s\n"
            "timeouts.first_byte        10m    10m\n");
}

TEST_F(SettingsCommandsTest, ShowsOneAlone) {
  EXPECT_EQ(Run({"settings", "get", "enable_passthrough_routes"}).out, "false\n");
  EXPECT_EQ(Run({"settings", "get", "timeouts.connect"}).out, "7s\n");
  const auto json =
      nlohmann::json::parse(Run({"settings", "get", "timeouts.connect", "-o", "json"}).out);
  EXPECT_EQ(json,
            nlohmann::json::parse(R"({"settings":{"timeouts":{"connect":"7s"}},"revision":3})"));
}

TEST_F(SettingsCommandsTest, SetsSeveralInOneRevision) {
  Answer<admin::v1::UpdateSettingsResponse>(
      "settings { enable_passthrough_routes: false timeouts { connect { seconds: 10 } } } "
      "revision: 4");
  const Result result =
      Run({"settings", "set", "enable_passthrough_routes=false", "timeouts.connect=10s"});
  EXPECT_EQ(result.out,
            "enable_passthrough_routes is now false, revision 4\n"
            "timeouts.connect is now 10s, revision 4\n")
      << result.err;
  EXPECT_EQ(Asked<admin::v1::UpdateSettingsRequest>(),
            "settings { enable_passthrough_routes: false timeouts { connect { seconds: 10 } } } "
            "update_mask { paths: \"enable_passthrough_routes\" paths: \"timeouts.connect\" }");
}

TEST_F(SettingsCommandsTest, UnsetNamesWhatItDoesNotSend) {
  EXPECT_EQ(Run({"settings", "unset", "max_body_bytes"}).exit_code, 0);
  EXPECT_EQ(Asked<admin::v1::UpdateSettingsRequest>(), "update_mask { paths: \"max_body_bytes\" }");
}

TEST_F(SettingsCommandsTest, AWrongNameOrValueIsUsage) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"set", "enable_passthru=true"}, "there is no setting \"enable_passthru\""},
      {{"set", "enable_passthru=true"}, "(the settings are enable_passthrough_routes, allow_"},
      {{"set", "max_body_bytes=lots"}, "must be a whole number, not \"lots\""},
      {{"set", "max_body_bytes"}, "is not of the form NAME=VALUE"},
      {{"set", "header_timeout=10"}, "must be a duration"},
      {{"set", "max_body_bytes=1", "max_body_bytes=2"}, "\"max_body_bytes\" is given twice"},
      {{"set"}, "NAME=VALUE is required"},
      {{"unset", "nope"}, "there is no setting \"nope\""},
      {{"get", "nope"}, "there is no setting \"nope\""}};
  for (const auto& [words, sentence] : cases) {
    std::vector<std::string> arguments = {"settings"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const Result result = Run(arguments);
    EXPECT_EQ(result.exit_code, 2) << sentence;
    EXPECT_THAT(result.err, HasSubstr(sentence));
  }
  EXPECT_EQ(requests(), 0u);
}

}  // namespace
}  // namespace sluice::cli
