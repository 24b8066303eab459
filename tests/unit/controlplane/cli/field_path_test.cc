#include "controlplane/cli/field_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/config/v1/config.pb.h"

namespace sluice::cli {
namespace {

using config::v1::Provider;
using config::v1::Settings;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::string SetSetting(std::string_view path, std::string_view text, Settings* settings) {
  return std::string(SetField(settings, path, text, "setting").message());
}

TEST(FieldPathTest, NestedMessagesStandAsTheirFields) {
  const std::vector<std::string> paths = FieldPaths(*Settings::descriptor());
  EXPECT_THAT(paths, Contains("enable_passthrough_routes"));
  EXPECT_THAT(paths, Contains("timeouts.connect"));
  EXPECT_THAT(paths, Contains("header_timeout"));
  EXPECT_THAT(paths, Not(Contains("timeouts")));
}

TEST(FieldPathTest, AnUnknownNameIsNamedWithTheValidOnes) {
  const auto message = [](std::string_view path) {
    return std::string(CheckFieldPath(*Settings::descriptor(), path, "setting").message());
  };
  EXPECT_THAT(message("max_body_byte"),
              HasSubstr("there is no setting \"max_body_byte\"; did you mean \"max_body_bytes\"?"));
  EXPECT_THAT(message("nonsense"), HasSubstr("(the settings are enable_passthrough_routes, "));
  EXPECT_THAT(message("timeouts.conect"), HasSubstr("\"timeouts.connect\"?"));
  EXPECT_THAT(message("header_timeout.seconds"), HasSubstr("there is no setting"));
  EXPECT_THAT(message(""), HasSubstr("there is no setting \"\""));
  EXPECT_THAT(message("."), HasSubstr("there is no setting"));
  EXPECT_EQ(message("timeouts"), "");
}

TEST(SetFieldTest, TakesBooleansNumbersAndDurations) {
  Settings settings;
  EXPECT_EQ(SetSetting("enable_passthrough_routes", "off", &settings), "");
  EXPECT_EQ(SetSetting("max_body_bytes", "52428800", &settings), "");
  EXPECT_EQ(SetSetting("header_timeout", "500ms", &settings), "");
  EXPECT_EQ(SetSetting("timeouts.connect", "\"1m30s\"", &settings), "");
  EXPECT_TRUE(settings.has_enable_passthrough_routes());
  EXPECT_FALSE(settings.enable_passthrough_routes());
  EXPECT_EQ(settings.max_body_bytes(), 52428800);
  EXPECT_EQ(settings.header_timeout().nanos(), 500'000'000);
  EXPECT_EQ(settings.timeouts().connect().seconds(), 90);
}

TEST(SetFieldTest, AWrongValueIsNamedWithWhatWasExpected) {
  Settings settings;
  EXPECT_EQ(SetSetting("enable_passthrough_routes", "maybe", &settings),
            "setting \"enable_passthrough_routes\" must be true or false, not \"maybe\"");
  EXPECT_EQ(SetSetting("max_body_bytes", "1e3", &settings),
            "setting \"max_body_bytes\" must be a whole number, not \"1e3\"");
  EXPECT_THAT(SetSetting("header_timeout", "10", &settings), HasSubstr("must be a duration like"));
  EXPECT_THAT(SetSetting("timeouts", "5s", &settings), HasSubstr("must be a JSON object"));
  EXPECT_FALSE(settings.has_enable_passthrough_routes());
}

TEST(SetFieldTest, TakesJsonForListsMapsAndMessages) {
  Provider provider;
  const auto set = [&](std::string_view path, std::string_view text) {
    return std::string(SetField(&provider, path, text, "field").message());
  };
  EXPECT_EQ(set("denied_endpoints", R"(["files/", "batches"])"), "");
  EXPECT_EQ(set("labels", R"({"team": "search"})"), "");
  EXPECT_EQ(set("roots", R"([{"prefix": "a/", "path": "/b/"}])"), "");
  EXPECT_EQ(set("request_headers.set", R"([{"name": "X-Team", "value": "7"}])"), "");
  EXPECT_EQ(set("base_url", R"("https://a.example")"), "");
  EXPECT_EQ(set("encoded_slashes", "preserve"), "");
  EXPECT_EQ(provider.denied_endpoints_size(), 2);
  EXPECT_EQ(provider.labels().at("team"), "search");
  EXPECT_EQ(provider.roots(0).path(), "/b/");
  EXPECT_EQ(provider.request_headers().set(0).value(), "7");
  EXPECT_EQ(provider.base_url(), "https://a.example");
  EXPECT_EQ(provider.encoded_slashes(), config::v1::ENCODED_SLASHES_PRESERVE);
}

TEST(SetFieldTest, RefusesJsonThatIsNotTheField) {
  Provider provider;
  const auto set = [&](std::string_view path, std::string_view text) {
    return std::string(SetField(&provider, path, text, "field").message());
  };
  EXPECT_THAT(set("denied_endpoints", "files/"), HasSubstr("must be a JSON list"));
  EXPECT_THAT(set("roots", R"([{"prefx": "a/"}])"), HasSubstr("with fields of RootRule"));
  EXPECT_THAT(set("labels", R"({}, "name": "x")"), HasSubstr("must be a JSON object"));
  EXPECT_THAT(set("encoded_slashes", "maybe"), HasSubstr("must be decode or preserve"));
  EXPECT_EQ(provider.name(), "");
}

TEST(FieldTextTest, ShowsFieldsAsPeopleReadThem) {
  Provider provider;
  provider.set_name("x");
  provider.set_encoded_slashes(config::v1::ENCODED_SLASHES_PRESERVE);
  provider.mutable_timeouts()->mutable_connect()->set_seconds(90);
  (*provider.mutable_labels())["b"] = "2";
  (*provider.mutable_labels())["a"] = "1";
  provider.add_roots()->set_prefix("p/");
  EXPECT_EQ(FieldText(provider, "encoded_slashes"), "preserve");
  EXPECT_EQ(FieldText(provider, "timeouts.connect"), "1m30s");
  EXPECT_EQ(FieldText(provider, "labels"), "a=1, b=2");
  EXPECT_EQ(FieldText(provider, "roots"), R"({"prefix":"p/","path":""})");
  EXPECT_EQ(FieldText(provider, "base_url"), "");
}

}  // namespace
}  // namespace sluice::cli
