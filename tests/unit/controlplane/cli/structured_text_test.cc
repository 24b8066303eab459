#include "controlplane/cli/structured_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "sluice/admin/v1/admin.pb.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

admin::v1::GetSettingsResponse SomeSettings() {
  return Proto<admin::v1::GetSettingsResponse>(
      "settings { enable_passthrough_routes: false max_body_bytes: 1073741824"
      " timeouts { connect { seconds: 5 } } } revision: 12");
}

TEST(JsonTest, HasTheProtosNamesAndNumbers) {
  EXPECT_EQ(*ToJson(SomeSettings(), JsonStyle::kOneLine),
            "{\"settings\":{\"enable_passthrough_routes\":false,\"max_body_bytes\":1073741824,"
            "\"timeouts\":{\"connect\":\"5s\"}},\"revision\":12}\n");
}

TEST(JsonTest, PrintsWhatIsEmpty) {
  EXPECT_EQ(*ToJson(admin::v1::ListProvidersResponse(), JsonStyle::kOneLine),
            "{\"providers\":[],\"revision\":0}\n");
}

TEST(JsonTest, LeavesTextThatLooksLikeANumber) {
  const auto provider =
      Proto<config::v1::Provider>("name: \"12\" labels { key: \"a\" value: \"7\" }");
  const auto json = nlohmann::json::parse(*ToJson(provider, JsonStyle::kPretty));
  EXPECT_EQ(json["name"], "12");
  EXPECT_EQ(json["labels"]["a"], "7");
}

TEST(JsonTest, KeepsNumbersThatADoubleCannotHoldAsText) {
  admin::v1::GetSettingsResponse response;
  response.set_revision((int64_t{1} << 53) + 1);
  EXPECT_THAT(*ToJson(response, JsonStyle::kOneLine),
              HasSubstr("\"revision\":\"9007199254740993\""));
}

TEST(JsonTest, RefusesWhatCannotBePrinted) {
  config::v1::ProviderKey key;
  key.mutable_created_at()->set_seconds(int64_t{1} << 60);
  EXPECT_EQ(ToJson(key, JsonStyle::kPretty).status().code(), absl::StatusCode::kInternal);
}

TEST(YamlTest, HasTheSameStructure) {
  EXPECT_EQ(*ToYaml(SomeSettings()),
            "settings:\n"
            "  enable_passthrough_routes: false\n"
            "  max_body_bytes: 1073741824\n"
            "  timeouts:\n"
            "    connect: \"5s\"\n"
            "revision: 12\n");
  EXPECT_EQ(*ToYaml(admin::v1::ListProvidersResponse()), "providers: []\nrevision: 0\n");
}

TEST(YamlTest, TextStaysText) {
  for (const std::string text :
       {"true", "no", "null", "~", "12", "1e3", "0x1f", ".5", "", "a: b", "- x",
        "2026-01-31T12:00:00Z", "line\nbreak", "#x", "öl", "'q'", ".inf"}) {
    config::v1::ClientKey key;
    key.set_note(text);
    const std::string yaml = *ToYaml(key);
    const YAML::Node note = YAML::Load(yaml)["note"];
    EXPECT_EQ(note.Scalar(), text) << yaml;
    // "!": quoted, so no reader takes it for a boolean, a number or null.
    bool boolean = false;
    double number = 0;
    if (YAML::convert<bool>::decode(note, boolean) || YAML::convert<double>::decode(note, number)) {
      EXPECT_EQ(note.Tag(), "!") << yaml;
    }
    EXPECT_FALSE(note.IsNull()) << yaml;
  }
}

}  // namespace
}  // namespace sluice::cli
