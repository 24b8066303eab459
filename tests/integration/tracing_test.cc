// Traces through a real data plane: what the provider is told, and what the collector gets.
#include <gmock/gmock.h>

#include <map>

#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"
#include "tests/support/raw_upstream.h"
#include "tests/support/stack/metrics_page.h"

namespace sluice::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kChat[] = "/p/demo/chat/completions?emu.prompt_tokens=7&emu.completion_tokens=5";
constexpr char kBody[] = R"({"model":"gpt-5","messages":[]})";
constexpr char kTaken[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";
constexpr int kServer = 2;
constexpr int kClient = 3;

std::string FromClient(const std::string& flags) {
  return std::string("traceparent: 00-") + kTrace + "-" + kSpan + "-" + flags;
}

std::string Text(const json& span, const char* name) { return span.value(name, std::string()); }

// Texts and numbers alike.
std::map<std::string, std::string> AttributesOf(const json& span) {
  std::map<std::string, std::string> attributes;
  for (const json& one : span["attributes"]) {
    attributes[one["key"].get<std::string>()] = one["value"].begin().value().get<std::string>();
  }
  return attributes;
}

class TracingTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    EXPECT_TRUE(own_folder_.Write("headers", "# ours\nX-Collector-Key: collector-secret\n"));
    // One worker: what has ended before is told before.
    options.dataplane_args = {"--trace-endpoint",
                              collector_url(),
                              "--trace-sample",
                              "1",
                              "--trace-headers-file",
                              own_folder_.File("headers"),
                              "--workers",
                              "1"};
    return options;
  }
  virtual std::string collector_url() { return collector_.url(); }

  HttpAnswer Post(std::vector<std::string> headers = {}, const std::string& target = kChat) {
    headers.emplace_back("Content-Type: application/json");
    auto answer = Ask("POST", target, kBody, headers);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(HttpAnswer());
  }
  // The one value of a header in the newest request that the provider got.
  std::string AtProvider(const std::string& name) {
    const json request = stack_->emulator().WaitForRequest("chat/completions");
    const auto values = EmulatorProcess::HeaderValues(request, name);
    EXPECT_LE(values.size(), 1u);
    return values.empty() ? "" : values.front();
  }
  // All that the collector got, by now.
  std::vector<json> Spans() const {
    std::vector<json> spans;
    for (const std::string& request : collector_.requests()) {
      const json body = json::parse(request.substr(request.find("\r\n\r\n") + 4), nullptr, false);
      EXPECT_TRUE(body.is_object()) << request;
      if (!body.is_object()) continue;
      for (const json& span : body["resourceSpans"][0]["scopeSpans"][0]["spans"]) {
        spans.push_back(span);
      }
    }
    return spans;
  }
  // The span of that trace and kind, once it is there.
  json SpanOf(const std::string& trace, int kind) {
    json found = json::object();
    EXPECT_TRUE(Eventually([&] {
      for (const json& span : Spans()) {
        if (Text(span, "traceId") == trace && span.value("kind", 0) == kind) found = span;
      }
      return !found.empty();
    })) << trace;
    return found;
  }
  double Metric(const std::string& name) {
    return MetricsPage::Fetch(stack_->dataplane().port("ops")).Value("sluice_dataplane_" + name);
  }

  TempFolder own_folder_;
  RawUpstream collector_{std::vector<std::string>{kTaken}};
};

TEST_F(TracingTest, AClientsTraceGoesOnToTheProviderAndToTheCollector) {
  EXPECT_EQ(Post({FromClient("01"), "tracestate: vendor=a,other=b"}).status, 200);
  const std::string told = AtProvider("traceparent");
  ASSERT_EQ(told.size(), 55u);
  EXPECT_EQ(told.substr(0, 36), std::string("00-") + kTrace + "-");
  EXPECT_NE(told.substr(36, 16), kSpan);
  EXPECT_EQ(told.substr(52), "-01");
  EXPECT_EQ(AtProvider("tracestate"), "vendor=a,other=b");

  const json server = SpanOf(kTrace, kServer);
  const json client = SpanOf(kTrace, kClient);
  EXPECT_EQ(Text(server, "parentSpanId"), kSpan);
  EXPECT_EQ(Text(client, "parentSpanId"), Text(server, "spanId"));
  EXPECT_EQ(Text(client, "spanId"), told.substr(36, 16));
  EXPECT_EQ(Text(server, "name"), "chat gpt-5");
  EXPECT_LE(Text(server, "startTimeUnixNano"), Text(client, "startTimeUnixNano"));
  EXPECT_LT(Text(client, "startTimeUnixNano"), Text(client, "endTimeUnixNano"));
  auto attributes = AttributesOf(server);
  EXPECT_EQ(attributes["gen_ai.provider.name"], "openai");
  EXPECT_EQ(attributes["gen_ai.request.model"], "gpt-5");
  EXPECT_EQ(attributes["gen_ai.response.model"], "gpt-5");
  EXPECT_EQ(attributes["gen_ai.usage.input_tokens"], "7");
  EXPECT_EQ(attributes["gen_ai.usage.output_tokens"], "5");
  EXPECT_EQ(attributes["url.path"], "/p/demo/chat/completions");
  EXPECT_EQ(attributes["http.response.status_code"], "200");
  EXPECT_NE(key_.find(attributes["sluice.client_key.id"]), std::string::npos);
  attributes = AttributesOf(client);
  EXPECT_EQ(attributes["server.address"], "127.0.0.1");
  EXPECT_EQ(attributes["server.port"], std::to_string(stack_->emulator().port()));
  EXPECT_GT(std::stoll(attributes["sluice.connect_us"]), 0);
}

TEST_F(TracingTest, TheCollectorSeesNoSecretAndNobodySeesItsOwn) {
  EXPECT_EQ(Post({"X-Private: private-header"}, std::string(kChat) + "&private=query").status, 200);
  ASSERT_TRUE(collector_.WaitForRequests(1));
  for (const std::string& request : collector_.requests()) {
    EXPECT_TRUE(request.starts_with("POST /v1/traces HTTP/1.1\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nX-Collector-Key: collector-secret\r\n"));
    EXPECT_THAT(request, HasSubstr(R"({"key":"service.name","value":{"stringValue":"sluice)"));
    for (const std::string& secret : {key_, std::string("sk-emulator"), std::string("private"),
                                      std::string("emu.prompt_tokens")}) {
      EXPECT_THAT(request, Not(HasSubstr(secret)));
    }
  }
  EXPECT_THAT(stack_->logs(), Not(HasSubstr("collector-secret")));
  const json seen = stack_->emulator().WaitForRequest("chat/completions");
  EXPECT_TRUE(EmulatorProcess::HeaderValues(seen, "X-Collector-Key").empty());
}

TEST_F(TracingTest, WithoutATraceThatCanBeReadOneBegins) {
  std::string last;
  for (const std::string sent : {"X-None: 1", "traceparent: 00-nonsense-01", "traceparent:"}) {
    stack_->emulator().Forget();
    EXPECT_EQ(Post({sent, "tracestate: of=another"}).status, 200);
    const std::string told = AtProvider("traceparent");
    ASSERT_EQ(told.size(), 55u) << sent;
    EXPECT_NE(told, last);
    last = told;
    EXPECT_EQ(AtProvider("tracestate"), "") << sent;
    const std::string trace = told.substr(3, 32);
    EXPECT_FALSE(SpanOf(trace, kServer).contains("parentSpanId"));
    EXPECT_EQ(Text(SpanOf(trace, kClient), "spanId"), told.substr(36, 16));
  }
}

TEST_F(TracingTest, WhatIsNotSampledGoesOnAndIsNotTold) {
  EXPECT_EQ(Post({FromClient("00")}).status, 200);
  const std::string told = AtProvider("traceparent");
  EXPECT_EQ(told.substr(0, 36), std::string("00-") + kTrace + "-");
  EXPECT_TRUE(told.ends_with("-00")) << told;
  stack_->emulator().Forget();
  EXPECT_EQ(Post().status, 200);
  SpanOf(AtProvider("traceparent").substr(3, 32), kClient);
  for (const json& span : Spans()) EXPECT_NE(Text(span, "traceId"), kTrace);
}

TEST_F(TracingTest, WhatIsRefusedIsASpanWithoutAChild) {
  ASSERT_TRUE(
      Fetch(stack_->port(), "POST", kChat, {"Authorization: Bearer wrong", FromClient("01")}, kBody)
          .ok());
  const json server = SpanOf(kTrace, kServer);
  auto attributes = AttributesOf(server);
  EXPECT_EQ(attributes["http.response.status_code"], "401");
  EXPECT_EQ(attributes["error.type"], "invalid_api_key");
  EXPECT_FALSE(server.contains("status"));
  for (const json& span : Spans()) EXPECT_EQ(span.value("kind", 0), kServer);
}

TEST_F(TracingTest, WhatIsLeftIsSentAtAStop) {
  EXPECT_EQ(Post({FromClient("01")}).status, 200);
  EXPECT_EQ(stack_->dataplane().Stop(), 0);
  size_t spans = 0;
  for (const json& span : Spans()) spans += Text(span, "traceId") == kTrace ? 1 : 0;
  EXPECT_EQ(spans, 2u);
}

class CollectorAwayTest : public TracingTest {
 protected:
  // Nobody listens there any more.
  std::string collector_url() override {
    const RawUpstream gone(std::vector<std::string>{kTaken});
    return gone.url();
  }
};

TEST_F(CollectorAwayTest, RequestsGoOnAndWhatIsDroppedIsCounted) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Post().status, 200);
  EXPECT_TRUE(Eventually([&] { return Metric("trace_export_failures_total") > 0; }));
  EXPECT_EQ(Status(), 200);
  EXPECT_TRUE(
      Eventually([&] { return Metric("trace_spans_dropped_total{reason=\"unreachable\"}") > 0; },
                 3 * kPatience));
  EXPECT_EQ(Metric("trace_spans_exported_total"), 0);
  EXPECT_EQ(Status(), 200);
  const std::string log = stack_->dataplane().log();
  const std::string line = "traces are not exported to http://127.0.0.1:";
  EXPECT_THAT(log, HasSubstr(line));
  EXPECT_EQ(log.find(line), log.rfind(line)) << "said once";
}

}  // namespace
}  // namespace sluice::test
