// What holds for every preset: where its base URL leads, the v1 alias, the places of a client key,
// and that two instances share nothing.
#include <gmock/gmock.h>

#include <map>

#include "tests/integration/presets/preset_fixture.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// chat/completions exists below every base URL.
std::string Chat(const std::string& instance) { return "/p/" + instance + "/chat/completions"; }

bool HasOpenAisLanguage(const PresetSample& preset) {
  return preset.name != "anthropic" && preset.name != "gemini";
}

TEST_F(PresetTest, TheSamplesStandWhereThePublicBaseUrlsDo) {
  const CtlResult presets = stack().Ctl({"provider", "presets"});
  ASSERT_TRUE(presets.ok()) << presets.err;
  std::map<std::string, std::string> base_urls;
  for (const auto& preset : presets.json["presets"]) {
    base_urls[preset["name"]] = preset.value("base_url", preset.value("baseUrl", ""));
  }
  for (const PresetSample& preset : PresetSamples()) {
    SCOPED_TRACE(preset.name);
    ASSERT_EQ(base_urls.count(preset.name), 1u);
    const std::string url = base_urls[preset.name];
    if (preset.name == "oracle") {
      EXPECT_THAT(url, IsEmpty());
      continue;
    }
    const size_t slash = url.find('/', url.find("://") + 3);
    EXPECT_EQ(slash == std::string::npos ? "" : url.substr(slash), preset.base_path) << url;
    EXPECT_TRUE(url.starts_with(preset.name == "ollama" ? "http://localhost:" : "https://")) << url;
  }
}

TEST_F(PresetTest, EachPlaceOfAClientKeyWorksForEachPreset) {
  for (const PresetSample& preset : PresetSamples()) {
    const std::string target = "/p/" + preset.name + "/models";
    const std::vector<std::string> places = {Stack::Bearer(key()), "x-api-key: " + key(),
                                             "API-Key: " + key(), "X-Goog-Api-Key: " + key()};
    for (const std::string& place : places) {
      SCOPED_TRACE(preset.name + " " + place.substr(0, place.find(':')));
      const auto answer = Fetch(stack().port(), "GET", target, {place});
      ASSERT_TRUE(answer.ok()) << answer.status();
      EXPECT_EQ(answer->status, 200) << answer->body;
      EXPECT_EQ(RecordOf(*answer, emulator())["target"], preset.base_path + "/models");
    }
    const auto query = Fetch(stack().port(), "GET", target + "?key=" + key());
    ASSERT_TRUE(query.ok()) << query.status();
    EXPECT_EQ(query->status, 200) << query->body;
    EXPECT_EQ(RecordOf(*query, emulator())["target"], preset.base_path + "/models");
    EXPECT_EQ(Fetch(stack().port(), "GET", target)->status, 401);
  }
}

TEST_F(PresetTest, TheV1AliasCanBeForbiddenForAll) {
  const auto allow = [&](const std::string& value) {
    const CtlResult set =
        stack().Ctl({"settings", "set", "allow_passthrough_v1_alias=" + value, "--wait"});
    ASSERT_TRUE(set.ok()) << set.err;
  };
  allow("false");
  for (const PresetSample& preset : PresetSamples()) {
    SCOPED_TRACE(preset.name);
    const HttpAnswer refused = Ask("GET", "/p/" + preset.name + "/v1/models");
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr(R"("code":"v1_alias_disabled")"));
    EXPECT_EQ(Ask("GET", "/p/" + preset.name + "/models").status, 200);
  }
  allow("true");
  for (const PresetSample& preset : PresetSamples()) {
    const HttpAnswer answer = Ask("GET", "/p/" + preset.name + "/v1/models");
    EXPECT_EQ(answer.status, 200) << preset.name;
    EXPECT_EQ(RecordOf(answer, emulator())["target"], preset.base_path + "/models");
  }
}

TEST_F(PresetTest, AnInstanceCanKeepItsV1) {
  const CtlResult kept = stack().Ctl({"provider", "create", "keeps-v1", "--preset", "deepseek",
                                      "--base-url", emulator().url(), "--strip-v1", "false"});
  ASSERT_TRUE(kept.ok()) << kept.err;
  const CtlResult added = stack().Ctl(
      {"provider-key", "add", "keeps-v1", "--name", "main", "-", "--wait"}, "sk-emulator-v1");
  ASSERT_TRUE(added.ok()) << added.err;
  EXPECT_EQ(RecordOf(Ask("GET", "/p/keeps-v1/v1/models"), emulator())["target"], "/v1/models");
  EXPECT_EQ(RecordOf(Ask("GET", "/p/keeps-v1/models"), emulator())["target"], "/models");
}

// The second instance's provider takes no key but its own, on an origin of its own; roots move
// along with the base URL.
TEST_F(PresetTest, TwoInstancesOfAPresetShareNothing) {
  const TempFolder folder;
  std::vector<std::string> keys;
  for (const PresetSample& preset : PresetSamples()) {
    keys.insert(keys.end(), {"--key", ProviderKey(preset.name + "-east")});
  }
  auto east = EmulatorProcess::Start(folder.path(), keys);
  ASSERT_TRUE(east.ok()) << east.status();
  for (const PresetSample& preset : PresetSamples()) {
    const std::string instance = preset.name + "-east";
    Create(preset, instance, **east);
    SCOPED_TRACE(instance);
    emulator().Forget();
    Call call{preset.name, "models", preset.base_path + "/models", ""};
    call.instance = instance;
    if (preset.name == "anthropic") call.default_headers = {"anthropic-version: 2023-06-01"};
    if (preset.name == "opencode-go") call.headers = {"x-opencode-session: s"};
    if (preset.name == "anthropic") call.auth = "x-api-key";
    if (preset.name == "gemini") call.auth = "x-goog-api-key";
    Prove(call, **east);
    EXPECT_THAT(emulator().Requests(), IsEmpty());
    call.instance = preset.name;
    Prove(call);
  }
  Call root{"zai", "anthropic/v1/messages", "/api/anthropic/v1/messages", kMessage};
  root.instance = "zai-east";
  Prove(root, **east);
}

// One instance's key is taken away: its neighbour of the same preset does not step in.
TEST_F(PresetTest, AnInstanceWithoutAKeyBorrowsNone) {
  for (const PresetSample& preset : PresetSamples()) {
    if (!HasOpenAisLanguage(preset) || preset.name == "ollama") continue;
    const std::string instance = preset.name + "-keyless";
    const CtlResult created =
        stack().Ctl({"provider", "create", instance, "--preset", preset.name, "--base-url",
                     emulator().url() + preset.base_path, "--wait"});
    ASSERT_TRUE(created.ok()) << created.err;
    emulator().Forget();
    const HttpAnswer answer = Ask("POST", Chat(instance), kChat);
    EXPECT_EQ(answer.status, 502) << instance;
    EXPECT_THAT(answer.body, HasSubstr(R"("code":"provider_key_missing")"));
    EXPECT_THAT(emulator().Requests(), IsEmpty());
  }
}

}  // namespace
}  // namespace sluice::test
