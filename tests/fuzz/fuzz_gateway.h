// The configuration that the fuzzers of policy ask: providers of every shape, one client key, one
// provider key. The same at each start, so that an input means the same everywhere. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "dataplane/config/snapshot.h"

namespace sluice::fuzz {

inline constexpr std::string_view kProviderSecret = "sk-provider-canary";

struct Gateway {
  std::string client_key;
  std::shared_ptr<const config::Snapshot> snapshot;
};

// Made at the first call. Its providers, sorted by name: bare, coded, denied, edited, gemini, kept,
// keptdeny, ollama, openai, opencode, vllm, xiaomi.
const Gateway& TheGateway();

// The provider that a byte of an input chooses: `a` is the first.
const config::ProviderEntry& ProviderOf(char choice);

// `text` with each `$K` replaced by the client key, which no mutation would ever find.
std::string WithClientKey(std::string_view text);

}  // namespace sluice::fuzz
