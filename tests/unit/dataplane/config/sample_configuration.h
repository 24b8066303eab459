// A small configuration that passes every check, for tests to bend.
#pragma once

#include <string>

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "common/wire/canonical.h"
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

inline std::string BytesOf(config::v1::Configuration configuration) {
  wire::Canonicalise(&configuration);
  return wire::SerializeCanonical(configuration);
}

}  // namespace sluice::test
