// What all cases run in: one stack, whose only data plane has one worker, so that what a case does
// to a connection of its pool the next request would meet; the raw provider; and what cases name,
// made when it is first needed. One thread.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/integration/conformance/case.h"
#include "tests/integration/conformance/oracle.h"
#include "tests/integration/conformance/scripted_provider.h"
#include "tests/integration/conformance/text.h"
#include "tests/support/raw_upstream.h"
#include "tests/support/stack/stack.h"

namespace sluice::test {

class World {
 public:
  static absl::StatusOr<std::unique_ptr<World>> Make();

  // Makes the provider, the client keys and the settings that `test` speaks of.
  absl::Status Prepare(const Case& test);
  // The provider of that name, if it is not there yet.
  absl::Status AddProvider(const std::string& name);
  // Exactly these NAME=VALUE differ from the defaults.
  absl::Status ApplySettings(const std::vector<std::string>& settings);

  uint16_t port() { return stack_->port(); }
  // The data port speaks TLS: the gateway's address begins with https.
  bool tls() const { return stack_->data_tls(); }
  Stack& stack() { return *stack_; }
  ScriptedProvider& provider() { return provider_; }
  // The values of the placeholders that are known before a case runs.
  const Names& names() const { return names_; }
  ProviderFacts FactsOf(const std::string& provider) const;
  // What no answer may hold: addresses and keys.
  std::vector<std::string> Secrets() const;

  // Lines of the programs' logs that should not be there, since it was last asked. Those that hold
  // `announced` may, from now on; it may be empty.
  std::vector<std::string> TakeAlarms(const std::string& announced);

 private:
  World();
  absl::Status AddClientKey(const std::string& placeholder);
  absl::Status Ctl(std::vector<std::string> args, const std::string& input = "");

  ScriptedProvider provider_;
  RawUpstream not_tls_;  // answers anything with plain text
  RawSocket nobody_;     // bound, but not listening
  RawSocket deaf_;       // listening, but with its queue full
  std::vector<RawSocket> queue_;
  Names names_;
  std::set<std::string> providers_;
  std::vector<std::string> settings_;
  std::set<std::string> announced_;
  size_t alarms_told_ = 0;
  std::unique_ptr<Stack> stack_;
};

}  // namespace sluice::test
