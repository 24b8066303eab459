#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "common/base/check.h"
#include "dataplane/policy/downstream_headers.h"
#include "dataplane/policy/upstream_headers.h"
#include "dataplane/upstream/response_reader.h"
#include "tests/bench/micro/repeated_step.h"
#include "tests/bench/micro/sample_messages.h"
#include "tests/bench/micro/steps.h"
#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::bench {
namespace {

constexpr std::string_view kRequestId = "0f8fad5bd9cb469fa16570867728950e";

// Into a list of its own, as each try has one.
void AddUp(const char* name, size_t fields) {
  benchmark::RegisterBenchmark(name, [fields](benchmark::State& state) {
    const policy::OneProvider provider("openai");
    const policy::Route route = provider.RouteTo("chat/completions");
    const config::ProviderKeyEntry key{"pk_1", base::Secret(std::string(164, 'k'))};
    const http::RequestHead head =
        policy::Request("POST", "/", ClientFields(provider.client_key(), fields));
    Repeat(state, [&] {
      http::HeaderList out;
      policy::BuildUpstreamHeaders(head, route, &key, kRequestId, &out);
      benchmark::DoNotOptimize(out.size());
    });
  });
}

http::ResponseHead Answer() {
  upstream::ResponseReader reader;
  reader.Start(false);
  const auto step = reader.Next(AnswerText());
  SLUICE_CHECK(step.event == upstream::ResponseReader::Event::kHead, "an answer is refused");
  return reader.head();
}

void AddDown(const char* name) {
  benchmark::RegisterBenchmark(name, [](benchmark::State& state) {
    const policy::OneProvider provider("openai");
    const policy::Route route = provider.RouteTo("chat/completions");
    const policy::GatewayOrigin gateway{"http", "gateway.example"};
    RepeatOnCopies(state, Answer(), [&](http::ResponseHead& head) {
      policy::EditDownstreamHeaders(route, gateway, kRequestId, &head);
      benchmark::DoNotOptimize(head.framing_at);
    });
  });
}

}  // namespace

void AddHeaderSteps() {
  AddUp("upstream_headers/8", 8);
  AddUp("upstream_headers/40", 40);
  AddDown("downstream_headers/12");
}

}  // namespace sluice::bench
