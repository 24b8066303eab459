#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/base/text.h"
#include "dataplane/policy/upstream_headers.h"
#include "dataplane/upstream/request_head.h"
#include "dataplane/upstream/response_reader.h"
#include "tests/bench/micro/repeated_step.h"
#include "tests/bench/micro/sample_messages.h"
#include "tests/bench/micro/steps.h"
#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::bench {
namespace {

using Event = upstream::ResponseReader::Event;

upstream::Request Request() {
  const policy::OneProvider provider("openai");
  const policy::Route route = provider.RouteTo("chat/completions");
  const config::ProviderKeyEntry key{"pk_1", base::Secret(std::string(164, 'k'))};
  upstream::Request request;
  request.method = "POST";
  request.origin = provider->origin;
  request.target = route.path_and_query;
  policy::BuildUpstreamHeaders(policy::Request("POST", "/", ClientFields(provider.client_key(), 8)),
                               route, &key, "0f8fad5bd9cb469fa16570867728950e", &request.headers);
  request.framing = http::Framing::Length(1234);
  return request;
}

// A transfer uses its buffer and its reader again and again.
void AddRequestHead() {
  benchmark::RegisterBenchmark("request_head/8", [](benchmark::State& state) {
    const upstream::Request request = Request();
    std::string out;
    Repeat(state, [&] {
      out.clear();
      upstream::AppendRequestHead(request, &out);
      benchmark::DoNotOptimize(out.data());
    });
  });
}

void AddAnswerHead() {
  benchmark::RegisterBenchmark("response_reader/head_12", [](benchmark::State& state) {
    const std::string text = AnswerText();
    upstream::ResponseReader reader;
    Repeat(state, [&] {
      reader.Start(false);
      const auto step = reader.Next(text);
      SLUICE_CHECK(step.event == Event::kHead, "an answer is refused");
      benchmark::DoNotOptimize(step.consumed);
    });
  });
}

// Returns how much of a body was in `bytes`, all of which is read.
size_t ReadBody(upstream::ResponseReader& reader, std::string_view bytes) {
  size_t size = 0;
  while (true) {
    const auto step = reader.Next(bytes);
    bytes.remove_prefix(step.consumed);
    size += step.body.size();
    if (step.event == Event::kNeedMore) return size;
    SLUICE_CHECK(step.event == Event::kBody, "a chunk is refused");
  }
}

void AddChunk() {
  benchmark::RegisterBenchmark("response_reader/chunk", [](benchmark::State& state) {
    const std::string chunk = base::Cat("fa\r\n", std::string(250, 'x'), "\r\n");
    upstream::ResponseReader reader;
    reader.Start(false);
    reader.Next(AnswerText());
    Repeat(state, [&] { benchmark::DoNotOptimize(ReadBody(reader, chunk)); });
  });
}

}  // namespace

void AddUpstreamSteps() {
  AddRequestHead();
  AddAnswerHead();
  AddChunk();
}

}  // namespace sluice::bench
