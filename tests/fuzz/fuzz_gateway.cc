#include "tests/fuzz/fuzz_gateway.h"

#include "common/crypto/digest.h"
#include "common/crypto/key_text.h"
#include "dataplane/config/live_state.h"
#include "dataplane/config/snapshot_builder.h"
#include "sluice/config/v1/config.pb.h"
#include "tests/fuzz/oracle.h"

namespace sluice::fuzz {
namespace {

using config::v1::Configuration;
using config::v1::HeaderField;
using config::v1::HeaderPolicy;
using config::v1::Provider;

// A key as MintKey makes one, without its chance.
std::string FixedKey() {
  std::string text(crypto::kClientKeyPrefix);
  text.append(10, 'f').append(52, 'z');
  const crypto::Sha256Digest digest = crypto::Sha256(text);
  for (int i = 0; i < 6; ++i) text.push_back("abcdefghijklmnopqrstuvwxyz234567"[digest[i] & 31]);
  Require(crypto::KeyIdOf(crypto::kClientKeyPrefix, text).has_value(), "the fixed key is a key");
  return text;
}

Provider& AddProvider(std::string name, std::string preset, Configuration& configuration) {
  Provider& provider = *configuration.add_providers();
  provider.set_name(name);
  provider.set_preset(std::move(preset));
  auto& stored = *configuration.add_provider_keys();
  stored.mutable_key()->set_id("pk_" + name);
  stored.mutable_key()->set_provider(std::move(name));
  stored.mutable_key()->set_name("main");
  stored.set_secret(std::string(kProviderSecret));
  return provider;
}

void AddField(std::string name, std::string value,
              google::protobuf::RepeatedPtrField<HeaderField>* fields) {
  HeaderField& field = *fields->Add();
  field.set_name(std::move(name));
  field.set_value(std::move(value));
}

void AddEdits(HeaderPolicy& policy) {
  policy.add_remove("X-Gone");
  policy.add_remove("Content-Type");
  AddField("X-Set", "ours", policy.mutable_set());
  AddField("X-Add", "ours", policy.mutable_add());
}

// With percent escapes and double slashes of its own, in what is denied too.
void AddCustomProviders(Configuration& configuration) {
  AddProvider("bare", "custom", configuration).set_base_url("http://bare.example");

  Provider& coded = AddProvider("coded", "custom", configuration);
  coded.set_base_url("http://[::1]:81/a%2Fb");
  coded.set_strip_v1(false);
  coded.add_auth()->set_header("X-Odd-Token");

  Provider& denied = AddProvider("denied", "gemini", configuration);
  for (const char* endpoint : {"files", "batches/", "a%20b", "x//y/"}) {
    denied.add_denied_endpoints(endpoint);
  }

  Provider& edited = AddProvider("edited", "anthropic", configuration);
  AddEdits(*edited.mutable_request_headers());
  AddEdits(*edited.mutable_response_headers());
}

void AddPresetProviders(Configuration& configuration) {
  AddProvider("kept", "zai", configuration)
      .set_encoded_slashes(config::v1::ENCODED_SLASHES_PRESERVE);
  Provider& keptdeny = AddProvider("keptdeny", "vllm", configuration);
  keptdeny.set_encoded_slashes(config::v1::ENCODED_SLASHES_PRESERVE);
  keptdeny.set_strip_v1(false);
  AddProvider("gemini", "gemini", configuration);
  AddProvider("ollama", "ollama", configuration);
  AddProvider("openai", "openai", configuration);
  AddProvider("opencode", "opencode-go", configuration);
  AddProvider("vllm", "vllm", configuration);
  AddProvider("xiaomi", "xiaomi", configuration);
}

Gateway MakeGateway() {
  Gateway gateway;
  gateway.client_key = FixedKey();
  Configuration configuration;
  AddCustomProviders(configuration);
  AddPresetProviders(configuration);
  auto& stored = *configuration.add_client_keys();
  stored.set_sha256(crypto::Sha256Bytes(gateway.client_key));
  stored.mutable_key()->set_id("fuzz");
  stored.mutable_key()->set_name("fuzz");
  config::LiveState live_state;
  auto snapshot =
      config::SnapshotBuilder::Build(configuration, "epoch", 1, std::string(32, 'h'), live_state);
  Require(snapshot.ok(), "the configuration of the fuzzers is good", snapshot.status().ToString());
  gateway.snapshot = *std::move(snapshot);
  return gateway;
}

}  // namespace

const Gateway& TheGateway() {
  static const Gateway* const gateway = new Gateway(MakeGateway());
  return *gateway;
}

const config::ProviderEntry& ProviderOf(char choice) {
  const auto& providers = TheGateway().snapshot->providers();
  return *providers[static_cast<unsigned char>(choice - 'a') % providers.size()];
}

std::string WithClientKey(std::string_view text) {
  std::string replaced;
  for (size_t at = 0; at < text.size();) {
    const bool mark = text.substr(at).starts_with("$K");
    replaced.append(mark ? std::string_view(TheGateway().client_key) : text.substr(at, 1));
    at += mark ? 2 : 1;
  }
  return replaced;
}

}  // namespace sluice::fuzz
