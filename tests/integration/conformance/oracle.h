// What may reach a provider, judged by a grammar of its own: nothing here shares code with the
// product's parsers, so that both being wrong in the same way is unlikely. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::test {

// What is known of the provider that the bytes came to.
struct ProviderFacts {
  std::string host;               // the only right value of Host
  std::string credential_name;    // the header that carries its key; empty: it takes none
  std::string credential_value;   // e.g. "Bearer sk-1"
  std::vector<std::string> keys;  // all provider keys there are, this one included
};

struct Judgement {
  enum class State { kIncomplete, kComplete, kUnsound };
  State state = State::kIncomplete;
  size_t head_size = 0;  // with the blank line; 0 while that has not come
  size_t size = 0;       // of the whole request, once complete
  std::string body;      // what has come of it, decoded
  std::vector<std::string> violations;
};

// Judges the first request in `bytes`. Bytes behind its end are a violation: nothing may be sent
// before the answer has come.
Judgement Judge(std::string_view bytes, const ProviderFacts& facts);

}  // namespace sluice::test
