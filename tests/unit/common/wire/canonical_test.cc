#include "common/wire/canonical.h"

#include <gtest/gtest.h>

#include "common/crypto/digest.h"

namespace sluice::wire {
namespace {

void AddProvider(const std::string& name, config::v1::Configuration* configuration) {
  config::v1::Provider* provider = configuration->add_providers();
  provider->set_name(name);
  provider->set_preset("openai");
}

// The same in two orders.
config::v1::Configuration Example(bool reversed) {
  config::v1::Configuration configuration;
  std::vector<std::string> names = {"a", "b", "c", "d", "e", "f"};
  if (reversed) names = {"f", "e", "d", "c", "b", "a"};
  for (const std::string& name : names) {
    AddProvider(name, &configuration);
    configuration.add_provider_keys()->mutable_key()->set_id("pk_" + name);
    configuration.add_client_keys()->mutable_key()->set_id("ck_" + name);
  }
  for (const std::string& name : names) {
    for (config::v1::Provider& provider : *configuration.mutable_providers()) {
      (*provider.mutable_labels())[name] = "x";
    }
  }
  return configuration;
}

TEST(Canonical, SortsProvidersByNameAndKeysById) {
  config::v1::Configuration configuration = Example(true);
  Canonicalise(&configuration);
  for (int i = 0; i < 6; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    EXPECT_EQ(configuration.providers(i).name(), name);
    EXPECT_EQ(configuration.provider_keys(i).key().id(), "pk_" + name);
    EXPECT_EQ(configuration.client_keys(i).key().id(), "ck_" + name);
  }
}

TEST(Canonical, GivesOneByteStringForOneConfiguration) {
  config::v1::Configuration forward = Example(false);
  config::v1::Configuration backward = Example(true);
  Canonicalise(&forward);
  Canonicalise(&backward);
  const std::string bytes = SerializeCanonical(forward);
  EXPECT_EQ(bytes, SerializeCanonical(backward));
  config::v1::Configuration parsed;
  ASSERT_TRUE(parsed.ParseFromString(bytes));
  EXPECT_EQ(SerializeCanonical(parsed), bytes);
  EXPECT_EQ(bytes.size(), forward.ByteSizeLong());
}

TEST(Canonical, KeepsOrderThatMeansSomething) {
  config::v1::Configuration configuration;
  AddProvider("a", &configuration);
  for (const std::string prefix : {"z/", "b/"}) {
    configuration.mutable_providers(0)->add_roots()->set_prefix(prefix);
  }
  Canonicalise(&configuration);
  EXPECT_EQ(configuration.providers(0).roots(0).prefix(), "z/");
}

TEST(Canonical, HashIsSha256OfTheBytesAndSeesEveryChange) {
  config::v1::Configuration configuration = Example(false);
  const std::string before = SerializeCanonical(configuration);
  EXPECT_EQ(HashOf(before), crypto::Sha256Bytes(before));
  configuration.mutable_providers(3)->set_enabled(false);
  EXPECT_NE(HashOf(SerializeCanonical(configuration)), HashOf(before));
  EXPECT_EQ(SerializeCanonical({}), "");
}

}  // namespace
}  // namespace sluice::wire
