// A small configuration that passes every check, for tests to bend.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "common/wire/canonical.h"
#include "common/wire/resource_set.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::test {

inline constexpr char kProviderSecret[] = "sk-canary-0123456789";

inline config::v1::Provider* AddProvider(config::v1::Configuration& configuration,
                                         const std::string& name) {
  auto* provider = configuration.add_providers();
  provider->set_name(name);
  provider->set_preset("openai");
  return provider;
}

inline config::v1::ProviderKeyEntry* AddProviderKey(config::v1::Configuration& configuration,
                                                    const std::string& provider,
                                                    const std::string& name) {
  auto* entry = configuration.add_provider_keys();
  entry->mutable_key()->set_id(base::Cat("pk_", provider, name));
  entry->mutable_key()->set_provider(provider);
  entry->mutable_key()->set_name(name);
  entry->set_secret(kProviderSecret);
  return entry;
}

// `text`: what its holder sends.
inline config::v1::ClientKeyEntry* AddClientKey(config::v1::Configuration& configuration,
                                                const std::string& name, const std::string& text) {
  auto* entry = configuration.add_client_keys();
  entry->mutable_key()->set_id(base::Cat("ck_", name));
  entry->mutable_key()->set_name(name);
  entry->set_sha256(crypto::Sha256Bytes(text));
  return entry;
}

// Provider "openai" with one key, client key "app" with the text "app-key".
inline config::v1::Configuration SampleConfiguration() {
  config::v1::Configuration configuration;
  AddProvider(configuration, "openai");
  AddProviderKey(configuration, "openai", "main");
  AddClientKey(configuration, "app", "app-key");
  return configuration;
}

inline wire::ResourceSet ResourcesOf(const config::v1::Configuration& configuration) {
  auto resources = wire::ResourceSet::Parse(wire::SerializeCanonical(configuration));
  EXPECT_TRUE(resources.ok()) << resources.status();
  return resources.ok() ? *std::move(resources) : wire::ResourceSet();
}

inline std::string BytesOf(const config::v1::Configuration& configuration) {
  return std::string(ResourcesOf(configuration).Serialize().Reveal());
}

}  // namespace sluice::test
