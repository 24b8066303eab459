#include <benchmark/benchmark.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "dataplane/config/snapshot.h"
#include "tests/bench/micro/repeated_step.h"
#include "tests/bench/micro/steps.h"
#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::bench {
namespace {

struct IssuedKeys {
  std::vector<std::string> texts;
  std::shared_ptr<const config::Snapshot> snapshot;
};

IssuedKeys Issue(size_t count) {
  policy::Gateway gateway;
  gateway.AddProvider("openai", "openai");
  IssuedKeys keys;
  for (size_t i = 0; i < count; ++i) {
    keys.texts.push_back(gateway.AddClientKey(base::Cat("app-", std::to_string(i))));
  }
  keys.snapshot = gateway.Build();
  return keys;
}

// Each key in turn, so that with many of them an entry is not in the processor's cache.
void AddLookUp(const std::string& name, size_t count) {
  // A benchmark is run several times: the keys are those of the first.
  const auto kept = std::make_shared<std::optional<IssuedKeys>>();
  benchmark::RegisterBenchmark(name.c_str(), [kept, count](benchmark::State& state) {
    if (!kept->has_value()) *kept = Issue(count);
    const IssuedKeys& keys = **kept;
    size_t next = 0;
    Repeat(state, [&] {
      const crypto::Sha256Digest digest = crypto::Sha256(keys.texts[next]);
      if (++next == keys.texts.size()) next = 0;
      const config::ClientKeyEntry* entry = keys.snapshot->FindClientKey(digest);
      SLUICE_CHECK(entry != nullptr, "a key of the bench is not found");
      benchmark::DoNotOptimize(entry);
    });
  });
}

}  // namespace

void AddClientKeySteps() {
  for (const size_t count : {1, 10'000, 100'000}) {
    AddLookUp(base::Cat("client_key/", std::to_string(count)), count);
  }
}

}  // namespace sluice::bench
