#include "common/wire/resource_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "common/wire/canonical.h"

namespace sluice::wire {
namespace {

using config::v1::RESOURCE_KIND_CLIENT_KEY;
using config::v1::RESOURCE_KIND_PROVIDER;
using config::v1::RESOURCE_KIND_PROVIDER_KEY;
using config::v1::RESOURCE_KIND_SETTINGS;

std::string Key(const std::string& id, const std::string& name) {
  config::v1::ClientKeyEntry entry;
  entry.mutable_key()->set_id(id);
  entry.mutable_key()->set_name(name);
  entry.set_sha256(std::string(32, 'd'));
  return SerializeCanonical(entry);
}

config::v1::Configuration Example() {
  config::v1::Configuration configuration;
  configuration.mutable_settings()->set_enable_passthrough_routes(false);
  for (const std::string name : {"b", "a", "c"}) {
    configuration.add_providers()->set_name(name);
    configuration.add_provider_keys()->mutable_key()->set_id("pk_" + name);
    configuration.add_client_keys()->mutable_key()->set_id("ck_" + name);
  }
  return configuration;
}

ResourceSet MustParse(const std::string& bytes) {
  auto set = ResourceSet::Parse(bytes);
  EXPECT_TRUE(set.ok()) << set.status();
  return set.ok() ? *std::move(set) : ResourceSet();
}

TEST(ResourceSet, SerialisesInOneOrderWhateverTheInput) {
  config::v1::Configuration sorted;
  ResourceSet set = MustParse(Example().SerializeAsString());
  ASSERT_TRUE(sorted.ParseFromString(std::string(set.Serialize().Reveal())));
  ASSERT_EQ(sorted.providers_size(), 3);
  EXPECT_EQ(sorted.providers(0).name(), "a");
  EXPECT_EQ(sorted.client_keys(2).key().id(), "ck_c");
  EXPECT_FALSE(sorted.settings().enable_passthrough_routes());
  EXPECT_EQ(set.count(RESOURCE_KIND_PROVIDER), 3u);
  EXPECT_EQ(set.count(RESOURCE_KIND_SETTINGS), 1u);
  ResourceSet again = MustParse(std::string(set.Serialize().Reveal()));
  EXPECT_EQ(again.Hash(), set.Hash());
  EXPECT_EQ(again.byte_size(), set.byte_size());
}

TEST(ResourceSet, FindsWhatWasPutAndForgetsWhatWasErased) {
  ResourceSet set;
  set.Put(RESOURCE_KIND_CLIENT_KEY, "x", "one");
  set.Put(RESOURCE_KIND_PROVIDER, "x", "two");
  ASSERT_NE(set.Find(RESOURCE_KIND_CLIENT_KEY, "x"), nullptr);
  EXPECT_EQ(set.Find(RESOURCE_KIND_CLIENT_KEY, "x")->Reveal(), "one");
  EXPECT_EQ(set.Find(RESOURCE_KIND_PROVIDER, "x")->Reveal(), "two");
  EXPECT_EQ(set.Find(RESOURCE_KIND_PROVIDER_KEY, "x"), nullptr);
  EXPECT_EQ(set.byte_size(), 6u);
  set.Put(RESOURCE_KIND_CLIENT_KEY, "x", "three");
  EXPECT_EQ(set.count(RESOURCE_KIND_CLIENT_KEY), 1u);
  EXPECT_EQ(set.byte_size(), 8u);
  EXPECT_TRUE(set.Erase(RESOURCE_KIND_CLIENT_KEY, "x"));
  EXPECT_FALSE(set.Erase(RESOURCE_KIND_CLIENT_KEY, "x"));
  EXPECT_EQ(set.count(RESOURCE_KIND_CLIENT_KEY), 0u);
  EXPECT_EQ(set.byte_size(), 3u);
}

TEST(ResourceSet, SettingsOfWhichNoneIsSetAreNone) {
  ResourceSet set;
  const std::string empty = set.Hash();
  set.Put(RESOURCE_KIND_SETTINGS, kSettingsResourceId, "s");
  EXPECT_NE(set.Hash(), empty);
  set.Put(RESOURCE_KIND_SETTINGS, kSettingsResourceId, "");
  EXPECT_EQ(set.Hash(), empty);
  EXPECT_EQ(set.count(RESOURCE_KIND_SETTINGS), 0u);
  EXPECT_EQ(MustParse("").Hash(), empty);
}

// Changes in any order and with any detour come to the hash of what is there in the end.
TEST(ResourceSet, TheHashDependsOnWhatIsThereAndOnNothingElse) {
  std::mt19937 random(7);
  ResourceSet wandering;
  for (int step = 0; step < 3000; ++step) {
    const std::string id = base::Cat("id", random() % 200);
    if (random() % 3 == 0) {
      wandering.Erase(RESOURCE_KIND_CLIENT_KEY, id);
    } else {
      wandering.Put(RESOURCE_KIND_CLIENT_KEY, id, Key(id, base::Cat("name", random() % 5)));
    }
    if (step % 100 == 0) (void)wandering.Hash();
  }
  const ResourceSet straight = MustParse(std::string(wandering.Serialize().Reveal()));
  EXPECT_EQ(wandering.Hash(), straight.Hash());
  EXPECT_EQ(wandering.Clone().Hash(), straight.Hash());
}

TEST(ResourceSet, TheHashSeesEveryChange) {
  ResourceSet set = MustParse(Example().SerializeAsString());
  std::vector<std::string> seen = {set.Hash()};
  const auto see = [&] {
    EXPECT_EQ(std::count(seen.begin(), seen.end(), set.Hash()), 0);
    seen.push_back(set.Hash());
  };
  set.Put(RESOURCE_KIND_PROVIDER, "d", "x");
  see();
  set.Put(RESOURCE_KIND_PROVIDER, "d", "y");
  see();
  set.Put(RESOURCE_KIND_PROVIDER_KEY, "d", "y");
  see();
  set.Erase(RESOURCE_KIND_PROVIDER, "d");
  see();
  // Where one ends and the next begins belongs to it.
  set.Put(RESOURCE_KIND_CLIENT_KEY, "ab", "c");
  see();
  set.Erase(RESOURCE_KIND_CLIENT_KEY, "ab");
  set.Put(RESOURCE_KIND_CLIENT_KEY, "a", "bc");
  see();
}

TEST(ResourceSet, KeepsFieldsOfANewerRelease) {
  config::v1::Configuration configuration;
  config::v1::Provider* provider = configuration.add_providers();
  provider->set_name("a");
  provider->GetReflection()->MutableUnknownFields(provider)->AddLengthDelimited(5000, "later");
  const std::string bytes = configuration.SerializeAsString();
  EXPECT_EQ(MustParse(bytes).Serialize().Reveal(), bytes);
}

TEST(ResourceSet, RefusesWhatIsNoConfiguration) {
  EXPECT_FALSE(ResourceSet::Parse("\xff\xff").ok());
  config::v1::Configuration nameless;
  nameless.add_providers();
  EXPECT_FALSE(ResourceSet::Parse(nameless.SerializeAsString()).ok());
  config::v1::Configuration twice = Example();
  *twice.add_client_keys() = twice.client_keys(0);
  const auto refused = ResourceSet::Parse(twice.SerializeAsString());
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(std::string(refused.status().message()).find("ck_b"), std::string::npos);
}

TEST(ResourceSet, VisitsEachOfAKindOnce) {
  ResourceSet set;
  for (int i = 0; i < 500; ++i) {
    set.Put(RESOURCE_KIND_CLIENT_KEY, base::Cat("c", i), "c");
    set.Put(RESOURCE_KIND_PROVIDER, base::Cat("p", i), "p");
  }
  int visits = 0;
  set.ForEach(RESOURCE_KIND_PROVIDER, [&](std::string_view bytes) {
    EXPECT_EQ(bytes, "p");
    ++visits;
  });
  EXPECT_EQ(visits, 500);
}

}  // namespace
}  // namespace sluice::wire
