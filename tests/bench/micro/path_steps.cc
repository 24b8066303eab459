#include <benchmark/benchmark.h>

#include <string>
#include <variant>
#include <vector>

#include "common/base/check.h"
#include "dataplane/policy/admission.h"
#include "dataplane/policy/endpoint.h"
#include "dataplane/policy/target.h"
#include "tests/bench/micro/repeated_step.h"
#include "tests/bench/micro/sample_messages.h"
#include "tests/bench/micro/steps.h"
#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::bench {
namespace {

// From the target as the client wrote it to the path at the provider.
void AddPath(const char* name, const std::string& target) {
  benchmark::RegisterBenchmark(name, [target](benchmark::State& state) {
    const policy::OneProvider provider("openai");
    Repeat(state, [&] {
      const auto split = policy::SplitTarget(target);
      const auto endpoint =
          policy::NormaliseEndpoint(std::get<policy::Target>(split).endpoint, *provider, true);
      benchmark::DoNotOptimize(policy::UpstreamPath(*provider, std::get<std::string>(endpoint)));
    });
  });
}

struct Admitted {
  std::string preset;
  std::string target;
  std::vector<std::string> endpoints = {};  // globs of the client key; empty: all
};

// All of it: path, credential, route.
void AddAdmission(const char* name, const Admitted& what) {
  benchmark::RegisterBenchmark(name, [what](benchmark::State& state) {
    policy::Gateway gateway;
    gateway.AddProvider(what.preset, what.preset);
    const std::string key = gateway.AddClientKey("app");
    config::v1::ClientKey& rules = *gateway.configuration().mutable_client_keys(0)->mutable_key();
    rules.mutable_endpoints()->Add(what.endpoints.begin(), what.endpoints.end());
    const auto snapshot = gateway.Build();
    const http::RequestHead head = policy::Request("POST", what.target, ClientFields(key, 8));
    Repeat(state, [&] {
      const auto decision = policy::Admit(*snapshot, head, policy::kNow);
      SLUICE_CHECK(policy::Refused(decision) == nullptr, "a request of the bench is refused");
      benchmark::DoNotOptimize(&decision);
    });
  });
}

}  // namespace

void AddPathSteps() {
  AddPath("path/plain", "/p/openai/chat/completions");
  AddPath("path/v1", "/p/openai/v1/chat/completions");
  AddPath("path/escaped", "/p/openai/models%2Forganisation%2Fa%20model");
  const std::string chat = "/v1/chat/completions";
  AddAdmission("admission/plain", {"openai", "/p/openai" + chat});
  AddAdmission("admission/query", {"openai", "/p/openai" + chat + "?api-version=2026-10-21"});
  AddAdmission("admission/deny_list", {"vllm", "/p/vllm" + chat});
  AddAdmission("admission/key_globs", {"openai", "/p/openai" + chat, {"embeddings", "chat/*"}});
}

}  // namespace sluice::bench
