#include "dataplane/trace/span_text.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/unit/dataplane/trace/traced_record.h"

namespace sluice::trace {
namespace {

using nlohmann::json;
using observe::RequestRecord;

json Parsed(const std::string& text) { return json::parse(text, nullptr, false); }

std::vector<json> SpansOf(const RequestRecord& record) {
  std::vector<json> spans;
  for (const std::string& text : SpanTexts(record, "node-1")) spans.push_back(Parsed(text));
  return spans;
}

// Texts and numbers alike.
std::map<std::string, std::string> AttributesOf(const json& span) {
  std::map<std::string, std::string> attributes;
  for (const json& one : span["attributes"]) {
    const json& value = one["value"];
    attributes[one["key"]] = value.begin().value();
  }
  return attributes;
}

TEST(SpanTextTest, ARequestIsTwoSpansOfOneTrace) {
  const std::string text = ExportText({"node-1", "1.2.3"}, SpanTexts(TracedRecord(), "node-1"));
  EXPECT_EQ(Parsed(text), json::parse(R"({
    "resourceSpans": [{
      "resource": {"attributes": [
        {"key": "service.name", "value": {"stringValue": "sluice-dataplane"}},
        {"key": "service.instance.id", "value": {"stringValue": "node-1"}},
        {"key": "service.version", "value": {"stringValue": "1.2.3"}}]},
      "scopeSpans": [{
        "scope": {"name": "sluice-dataplane", "version": "1.2.3"},
        "schemaUrl": "https://opentelemetry.io/schemas/1.37.0",
        "spans": [{
          "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
          "spanId": "000000000000000a",
          "parentSpanId": "000000000000000b",
          "name": "chat gpt-5",
          "kind": 2,
          "startTimeUnixNano": "1700000000093456000",
          "endTimeUnixNano": "1700000000123456000",
          "attributes": [
            {"key": "http.request.method", "value": {"stringValue": "POST"}},
            {"key": "url.path", "value": {"stringValue": "/p/main/v1/chat/completions"}},
            {"key": "http.response.status_code", "value": {"intValue": "200"}},
            {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-5"}},
            {"key": "gen_ai.response.model", "value": {"stringValue": "gpt-5-2025"}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "5"}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "6"}},
            {"key": "sluice.node", "value": {"stringValue": "node-1"}},
            {"key": "sluice.request_id", "value": {"stringValue": "req_1"}},
            {"key": "sluice.client_key.id", "value": {"stringValue": "kkkk"}},
            {"key": "sluice.provider", "value": {"stringValue": "main"}},
            {"key": "sluice.quality", "value": {"stringValue": "complete"}},
            {"key": "sluice.revision", "value": {"intValue": "7"}}]
        }, {
          "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
          "spanId": "000000000000000c",
          "parentSpanId": "000000000000000a",
          "name": "POST",
          "kind": 3,
          "startTimeUnixNano": "1700000000093556000",
          "endTimeUnixNano": "1700000000123456000",
          "attributes": [
            {"key": "http.request.method", "value": {"stringValue": "POST"}},
            {"key": "server.address", "value": {"stringValue": "api.openai.com"}},
            {"key": "server.port", "value": {"intValue": "443"}},
            {"key": "http.response.status_code", "value": {"intValue": "200"}},
            {"key": "http.request.resend_count", "value": {"intValue": "1"}},
            {"key": "sluice.provider_key.id", "value": {"stringValue": "pk"}},
            {"key": "sluice.connect_us", "value": {"intValue": "250"}},
            {"key": "sluice.first_byte_us", "value": {"intValue": "2000"}}]
        }]
      }]
    }]
  })"));
}

TEST(SpanTextTest, WhatBeginsATraceHasNoParent) {
  observe::TraceNote note = FullNote();
  note.parent_id.reset();
  EXPECT_FALSE(SpansOf(TracedRecord(note)).front().contains("parentSpanId"));
}

TEST(SpanTextTest, WhatWentNowhereIsOneSpanThatSaysWhy) {
  RequestRecord record = TracedRecord(observe::TraceNote());
  record.provider.clear();
  record.outcome = {401, http::Side::kDownstream, 0, 0};
  record.reason = "invalid_api_key";
  record.tries = 0;
  record.times = {std::nullopt, std::nullopt, 10};
  record.quality = observe::UsageQuality::kUnmetered;
  const auto spans = SpansOf(record);
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0]["name"], "POST");
  EXPECT_FALSE(spans[0].contains("status")) << "the client's fault";
  const auto attributes = AttributesOf(spans[0]);
  EXPECT_EQ(attributes.at("error.type"), "invalid_api_key");
  EXPECT_EQ(attributes.at("http.response.status_code"), "401");
  EXPECT_FALSE(attributes.contains("gen_ai.usage.input_tokens"));
  EXPECT_FALSE(attributes.contains("gen_ai.provider.name"));
}

TEST(SpanTextTest, NamesHaveFewValues) {
  RequestRecord record = TracedRecord();
  record.path = "/p/main/files/file-1234";
  EXPECT_EQ(SpansOf(record).front()["name"], "POST /p/main");
  record.method = "BREW";
  EXPECT_EQ(SpansOf(record).front()["name"], "HTTP /p/main");
  EXPECT_EQ(AttributesOf(SpansOf(record).front()).at("http.request.method"), "_OTHER");
}

TEST(SpanTextTest, AFailureOfTheProviderIsAnErrorOfBoth) {
  RequestRecord record = TracedRecord();
  record.outcome = {504, http::Side::kUpstream, 0, 0};
  record.reason = "upstream_timeout";
  record.times.first_byte.reset();
  for (const json& span : SpansOf(record)) {
    EXPECT_EQ(span["status"]["code"], 2);
    EXPECT_EQ(AttributesOf(span).at("error.type"), "upstream_timeout");
  }
  EXPECT_FALSE(AttributesOf(SpansOf(record)[1]).contains("http.response.status_code"))
      << "the provider gave none";

  // A cut answer.
  record.outcome = {200, http::Side::kUpstream, 0, 0};
  record.reason = "upstream_reset";
  for (const json& span : SpansOf(record)) EXPECT_EQ(span["status"]["code"], 2);

  // Its own error went through: 4xx is an error for who asked, not for who answered.
  record = TracedRecord();
  record.outcome.status = 429;
  EXPECT_FALSE(SpansOf(record)[0].contains("status"));
  EXPECT_EQ(SpansOf(record)[1]["status"]["code"], 2);
  EXPECT_EQ(AttributesOf(SpansOf(record)[1]).at("error.type"), "429");
  record.outcome.status = 500;
  EXPECT_EQ(SpansOf(record)[0]["status"]["code"], 2);
  EXPECT_EQ(AttributesOf(SpansOf(record)[0]).at("error.type"), "500");
}

TEST(SpanTextTest, AClientThatLeavesIsNoErrorOfTheProvider) {
  RequestRecord record = TracedRecord();
  record.outcome.failed = http::Side::kDownstream;
  const auto spans = SpansOf(record);
  EXPECT_EQ(AttributesOf(spans[0]).at("error.type"), "client_disconnected");
  EXPECT_FALSE(AttributesOf(spans[1]).contains("error.type"));
  for (const json& span : spans) EXPECT_FALSE(span.contains("status"));
}

TEST(SpanTextTest, HostileTextStaysBoundedAndValid) {
  RequestRecord record = TracedRecord();
  record.path = "/p/\n\"\xff\xfe\x01" + std::string(5000, 'x');
  record.request_id = std::string(100'000, '"');
  for (const std::string& text : SpanTexts(record, "n")) {
    EXPECT_FALSE(Parsed(text).is_discarded());
    EXPECT_LT(text.size(), 4000u);
  }
}

TEST(SpanTextTest, AnExportOfNothingIsValidToo) {
  EXPECT_TRUE(
      Parsed(ExportText({"n", "1"}, {}))["resourceSpans"][0]["scopeSpans"][0]["spans"].empty());
}

}  // namespace
}  // namespace sluice::trace
