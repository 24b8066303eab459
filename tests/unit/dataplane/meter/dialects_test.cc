// Recorded shapes of answers, one row each: what every dialect says, and what is read from it, in
// one piece, split at every byte, in single bytes, and through every compression.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/support/compression.h"
#include "tests/unit/dataplane/meter/metered.h"

namespace sluice::meter {

void PrintTo(const Usage& usage, std::ostream* out) {
  *out << "in " << usage.input << " out " << usage.output << " cached " << usage.cached
       << " written " << usage.cache_write << " reasoning " << usage.reasoning << " total "
       << usage.total << " cost " << usage.cost_nanos.value_or(-1) << " model " << usage.model
       << " quality " << static_cast<int>(usage.quality);
}

namespace {

using catalog::UsageDialect;

constexpr char kJson[] = "application/json; charset=utf-8";
constexpr char kEvents[] = "text/event-stream";
constexpr char kLines[] = "application/x-ndjson";

struct Row {
  const char* name;
  UsageDialect dialect;
  const char* type;
  std::string body;
  Usage usage;
};

Usage Told(int64_t input, int64_t output, const char* model = "m") {
  return {.input = input,
          .output = output,
          .total = input + output,
          .model = model,
          .quality = Quality::kComplete};
}
Usage With(Usage usage, int64_t cached, int64_t cache_write, int64_t reasoning) {
  usage.cached = cached;
  usage.cache_write = cache_write;
  usage.reasoning = reasoning;
  return usage;
}
Usage Costing(Usage usage, int64_t nanos) {
  usage.cost_nanos = nanos;
  return usage;
}
Usage Only(Quality quality, const char* model = "") { return {.model = model, .quality = quality}; }

// So long, and no tokens.
Usage Heard(int64_t audio_ms) { return {.audio_ms = audio_ms, .quality = Quality::kComplete}; }

std::vector<Row> Rows() {
  std::vector<Row> rows;
  const auto add = [&](const char* name, UsageDialect dialect, const char* type, std::string body,
                       Usage usage) {
    rows.push_back({name, dialect, type, std::move(body), std::move(usage)});
  };
  const auto openai = UsageDialect::kOpenAi;
  add("chat", openai, kJson,
      R"({"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":)"
      R"("assistant","content":"\"usage\":{\"prompt_tokens\":9}\u00e9\\"},"finish_reason":"stop"}],)"
      R"("usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,)"
      R"("prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},)"
      R"("completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":0}}})",
      With(Told(11, 7), 4, 0, 3));
  add("usage before the choices", openai, kJson,
      "{\n  \"usage\" : { \"prompt_tokens\" : 5 , \"completion_tokens\" : 2 },\r\n"
      "\t\"model\":\"m\",\"choices\":[[[{\"usage\":{\"prompt_tokens\":99}}]]]}\n",
      Told(5, 2));
  add("embeddings", openai, kJson,
      R"({"object":"list","data":[{"embedding":[0.1,-2e-5,3]}],"model":"m",)"
      R"("usage":{"prompt_tokens":8,"total_tokens":8}})",
      Told(8, 0));
  Usage estimated = Only(Quality::kEstimated, "m");
  estimated.input = estimated.total = 8;
  add("a sum alone", openai, kJson, R"({"model":"m","usage":{"total_tokens":8}})", estimated);
  const std::string chunks =
      ": PROCESSING\n\ndata: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}],"
      "\"usage\":null}\n\n";
  add("chat stream", openai, kEvents,
      chunks +
          "data: {\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,"
          "\"completion_tokens\":7,\"total_tokens\":18}}\n\ndata: [DONE]\n\n",
      Told(11, 7));
  add("chat stream that was not asked for usage", openai, kEvents, chunks + "data: [DONE]\n\n",
      Only(Quality::kUnmetered, "m"));
  add("chat stream with usage in every chunk", openai, kEvents,
      "data: {\"model\":\"m\",\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":1}}\n\n"
      "data: {\"model\":\"m\",\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":2}}\n\n",
      Told(11, 2));
  add("lines of CR LF, no space, several lines of data, another event without end", openai, kEvents,
      "event: x\r\nid:1\r\ndata:{\"model\":\"m\",\r\ndata:\"usage\":{\"prompt_tokens\":3,\r\n"
      "data: \"completion_tokens\":4}}\r\n\r\ndata: {\"usage\":nu",
      Told(3, 4));
  add("lines of CR", openai, kEvents,
      "data: {\"model\":\"m\",\"usage\":{\"prompt_tokens\":3,\rdata: \"completion_tokens\":4}}\r\r",
      Told(3, 4));
  add("an event that is no JSON between", openai, kEvents,
      "data: {{{\n\ndata: hello\n\ndatax: 1\ndat\n:\ndata\n\ndata: {\"model\":\"m\",\"usage\":"
      "{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n",
      Told(3, 4));
  add("groq's stream", openai, kEvents,
      "data: {\"model\":\"m\",\"choices\":[{\"delta\":{}}],\"x_groq\":{\"id\":\"r\",\"usage\":"
      "{\"queue_time\":0.1,\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}}}\n\n"
      "data: [DONE]\n\n",
      Told(11, 7));
  add("openrouter's cost", openai, kJson,
      R"({"model":"v\/m","usage":{"prompt_tokens":1,"completion_tokens":2,"cost":1.25e-05,)"
      R"("cost_details":{"upstream_inference_cost":3}}})",
      Costing(Told(1, 2, "v/m"), 12'500));
  Usage beside = With(Costing(Told(10, 9), 37), 0, 0, 6);
  add("xai's reasoning beside the output, and its ticks", openai, kJson,
      R"({"model":"m","usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":19,)"
      R"("completion_tokens_details":{"reasoning_tokens":6},"cost_in_usd_ticks":371}})",
      beside);
  add("deepseek's cache", openai, kJson,
      R"({"model":"m","usage":{"prompt_tokens":10,"completion_tokens":3,)"
      R"("prompt_cache_hit_tokens":8,"prompt_cache_miss_tokens":2}})",
      With(Told(10, 3), 8, 0, 0));
  add("both names, one idle", openai, kJson,
      R"({"model":"m","usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13,)"
      R"("input_tokens":0,"output_tokens":0,"input_tokens_details":null}})",
      Told(10, 3));
  const std::string response =
      R"({"id":"r","object":"response","model":"m","output":[{"type":"message","usage":1}],)"
      R"("usage":{"input_tokens":20,"input_tokens_details":{"cached_tokens":5},"output_tokens":9,)"
      R"("output_tokens_details":{"reasoning_tokens":4},"total_tokens":29}})";
  add("response", openai, kJson, response, With(Told(20, 9), 5, 0, 4));
  for (const std::string end : {"completed", "incomplete", "failed"}) {
    add("response stream", openai, kEvents,
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"model\":"
        "\"m\",\"usage\":null}}\n\nevent: response.output_text.delta\ndata: {\"type\":"
        "\"response.output_text.delta\",\"delta\":\"usage\"}\n\nevent: response." +
            end + "\ndata: {\"type\":\"response." + end +
            "\",\"sequence_number\":9,\"response\":" + response + "}\n\n",
        With(Told(20, 9), 5, 0, 4));
  }
  add("transcription", openai, kJson,
      R"({"text":"x","usage":{"type":"tokens","input_tokens":14,"output_tokens":45}})",
      Told(14, 45, ""));
  add("transcription by time", openai, kJson,
      R"({"text":"x","usage":{"type":"duration","seconds":3}})", Heard(3000));
  add("transcription by time, in part of a second", openai, kJson,
      R"({"text":"x","usage":{"type":"duration","seconds":8.47}})", Heard(8470));
  add("transcription of a time that cannot be", openai, kJson,
      R"({"text":"x","usage":{"type":"duration","seconds":1e300}})", Only(Quality::kUnmetered));

  const auto anthropic = UsageDialect::kAnthropic;
  add("message", anthropic, kJson,
      R"({"id":"msg","type":"message","model":"m","content":[{"type":"text","text":"}"}],)"
      R"("usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,)"
      R"("cache_creation":{"ephemeral_5m_input_tokens":20},"output_tokens":7}})",
      With(Told(60, 7), 30, 20, 0));
  const std::string start =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg\","
      "\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":10,"
      "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":5,\"output_tokens\":1}}}\n\n"
      "event: ping\ndata: {\"type\": \"ping\"}\n\n";
  const std::string deltas =
      "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":"
      "{\"output_tokens\":5}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\","
      "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}}\n\n";
  add("message stream: the last word for each field, never a sum", anthropic, kEvents,
      start + deltas + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
      With(Told(15, 9), 5, 0, 0));
  Usage broken_off = With(Told(15, 1), 5, 0, 0);
  broken_off.quality = Quality::kPartial;
  add("message stream that breaks off", anthropic, kEvents,
      start + "event: error\ndata: {\"type\":\"error\",\"error\":{}}\n\n", broken_off);
  add("count of tokens", anthropic, kJson, R"({"input_tokens":14})", Only(Quality::kUnmetered));
  add("anthropic in OpenAI's words", anthropic, kJson,
      R"({"model":"m","usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13}})",
      Told(10, 3));

  const auto gemini = UsageDialect::kGemini;
  const std::string first =
      R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":)"
      R"({"promptTokenCount":12,"candidatesTokenCount":1,"totalTokenCount":13},"modelVersion":"m"})";
  const std::string last =
      R"({"candidates":[],"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":6,)"
      R"("thoughtsTokenCount":4,"cachedContentTokenCount":3,"totalTokenCount":22,)"
      R"("promptTokensDetails":[{"modality":"TEXT","tokenCount":12}]},"modelVersion":"m"})";
  const Usage content = With(Told(12, 10), 3, 0, 4);
  add("content", gemini, kJson, last, content);
  add("content stream", gemini, kEvents, "data: " + first + "\r\n\r\ndata: " + last + "\r\n\r\n",
      content);
  add("content as one array", gemini, "application/json; charset=UTF-8",
      "[" + first + "\n,\r\n" + last + "\n]\n", content);
  add("tools in the prompt", gemini, kJson,
      R"({"modelVersion":"m","usageMetadata":{"promptTokenCount":5,"toolUsePromptTokenCount":7,)"
      R"("candidatesTokenCount":2,"totalTokenCount":14}})",
      Told(12, 2));
  add("count of tokens", gemini, kJson, R"({"totalTokens":31})", Only(Quality::kUnmetered));

  const auto ollama = UsageDialect::kOllama;
  const std::string done =
      R"({"model":"m","done":true,"context":[1,2],"prompt_eval_count":13,"eval_count":8})";
  add("chat", ollama, kJson, done, Told(13, 8));
  add("chat lines", ollama, kLines,
      "{\"model\":\"m\",\"message\":{\"content\":\"\\n\"},\"done\":false}\n" + done + "\n",
      Told(13, 8));
  add("a line that is no JSON", ollama, kLines, "{\"model\":}\n" + done, Told(13, 8));
  add("embed", ollama, kJson, R"({"model":"m","embeddings":[[1]],"prompt_eval_count":3})",
      Told(3, 0));

  const auto dashscope = UsageDialect::kDashScope;
  add("generation", dashscope, kJson,
      R"({"output":{"choices":[]},"usage":{"input_tokens":9,"output_tokens":4,"total_tokens":13,)"
      R"("prompt_tokens_details":{"cached_tokens":2}},"request_id":"x"})",
      With(Told(9, 4, ""), 2, 0, 0));
  add("generation stream", dashscope, "text/event-stream;charset=UTF-8",
      "id:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"text\":\"a\"},\"usage\":"
      "{\"input_tokens\":9,\"output_tokens\":1,\"total_tokens\":10}}\n\n"
      "id:2\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"text\":\"ab\"},\"usage\":"
      "{\"input_tokens\":9,\"output_tokens\":2,\"total_tokens\":11}}\n\n",
      Told(9, 2, ""));
  add("usage under output", dashscope, kJson,
      R"({"output":{"usage":{"input_tokens":9,"output_tokens":4}},"request_id":"x"})",
      Told(9, 4, ""));
  return rows;
}

TEST(DialectsTest, EachShapeIsReadInWhateverPiecesItComes) {
  for (const Row& row : Rows()) {
    SCOPED_TRACE(row.name + std::string(": ") + row.body);
    const AnswerForm form = FormFor(row.type);
    EXPECT_EQ(Meter(row.dialect, form, row.body), row.usage);
    EXPECT_EQ(Meter(row.dialect, form, row.body, {1}), row.usage);
    for (size_t at = 1; at < row.body.size(); ++at) {
      ASSERT_EQ(Meter(row.dialect, form, row.body, {at, row.body.size()}), row.usage) << at;
    }
  }
}

TEST(DialectsTest, EachShapeIsReadThroughEachCompression) {
  for (const Row& row : Rows()) {
    for (const std::string coding : {"gzip", "deflate", "br", "zstd"}) {
      SCOPED_TRACE(row.name + std::string(" in ") + coding);
      const AnswerForm form = FormFor(row.type, coding);
      const std::string packed = test::Compressed(coding, row.body);
      EXPECT_EQ(Meter(row.dialect, form, packed), row.usage);
      EXPECT_EQ(Meter(row.dialect, form, packed, {1}), row.usage);
      EXPECT_EQ(Meter(row.dialect, form, packed, {2, 5, 3}), row.usage);
    }
    EXPECT_EQ(Meter(row.dialect, FormFor(row.type, "deflate"), test::RawDeflate(row.body), {1, 7}),
              row.usage);
  }
}

// A prefix of an answer never tells more than the answer, and never that it is complete before
// something has said so.
TEST(DialectsTest, ACutAnswerTellsWhatWasKnown) {
  for (const Row& row : Rows()) {
    const AnswerForm form = FormFor(row.type);
    for (size_t size = 0; size < row.body.size(); ++size) {
      const Usage usage = Meter(row.dialect, form, row.body.substr(0, size), {}, false);
      ASSERT_LE(usage.input, row.usage.input) << row.name << " cut at " << size;
      ASSERT_LE(usage.output, row.usage.output) << row.name << " cut at " << size;
      ASSERT_TRUE(usage.quality != Quality::kComplete || usage == row.usage)
          << row.name << " cut at " << size;
    }
  }
  const std::string cut =
      "data: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":"
      "{\"input_tokens\":10,\"output_tokens\":1}}}\n\ndata: {\"type\":\"content_blo";
  Usage known = Told(10, 1);
  known.quality = Quality::kPartial;
  EXPECT_EQ(Meter(UsageDialect::kAnthropic, FormFor(kEvents), cut, {}, false), known);
}

// Clients close when they have read the last event, not when the connection ends.
TEST(DialectsTest, WhatComesAfterTheLastEventIsNotMissed) {
  const std::string done =
      "data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]";
  EXPECT_EQ(Meter(UsageDialect::kOpenAi, FormFor(kEvents), done, {}, false).quality,
            Quality::kComplete);
  EXPECT_EQ(
      Meter(UsageDialect::kOpenAi, FormFor(kEvents), done.substr(0, done.size() - 2), {}, false)
          .quality,
      Quality::kPartial);
}

// A text of JSON that ends too early is not the whole of it, whatever the framing says.
TEST(DialectsTest, ATextWithoutItsEndIsPartial) {
  const std::string text = R"({"usage":{"prompt_tokens":3,"completion_tokens":4},"x":[)";
  EXPECT_EQ(Meter(UsageDialect::kOpenAi, FormFor(kJson), text).quality, Quality::kPartial);
}

}  // namespace
}  // namespace sluice::meter
