// sluice-meter-bench SHAPE COUNT: lets COUNT answers of a shape go past a tap, in reads of 16 KiB,
// and prints what one of them costs. Under callgrind the difference of two counts is the
// instructions.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "dataplane/meter/usage_tap.h"

namespace {

using namespace sluice;

constexpr size_t kReadBytes = 16 * 1024;
constexpr int kEvents = 200;

const std::string kUsage =
    R"("usage":{"prompt_tokens":1100,"completion_tokens":700,"total_tokens":1800,)"
    R"("prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},)"
    R"("completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}})";

std::string Chat(size_t text_bytes) {
  return R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-5",)"
         R"("choices":[{"index":0,"message":{"role":"assistant","content":")" +
         std::string(text_bytes, 'x') +
         R"(","refusal":null},"logprobs":null,"finish_reason":"stop"}],)" + kUsage + "}";
}

std::string ChatStream() {
  const std::string head =
      R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
      R"("model":"gpt-5","service_tier":"default","system_fingerprint":"fp_1","choices":[)";
  std::string stream;
  for (int i = 0; i < kEvents; ++i) {
    stream += head + R"({"index":0,"delta":{"content":" word"},"logprobs":null,)" +
              R"("finish_reason":null}],"usage":null,"obfuscation":"x1y2z3"})" + "\n\n";
  }
  return stream + head + "]," + kUsage + "}\n\ndata: [DONE]\n\n";
}

struct Shape {
  meter::Layout layout = meter::Layout::kNone;
  std::string body;
};

Shape ShapeOf(std::string_view name) {
  if (name == "chat") return {meter::Layout::kJson, Chat(2000)};
  if (name == "text") return {meter::Layout::kJson, Chat(1'000'000)};
  if (name == "stream") return {meter::Layout::kEvents, ChatStream()};
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const Shape shape = argc == 3 ? ShapeOf(argv[1]) : Shape();
  if (shape.body.empty()) {
    std::fputs("usage: sluice-meter-bench chat|text|stream COUNT\n", stderr);
    return 2;
  }
  const long count = std::strtol(argv[2], nullptr, 10);
  meter::DecodingBudget budget;
  int64_t tokens = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (long i = 0; i < count; ++i) {
    meter::UsageTap tap(catalog::UsageDialect::kOpenAi, {shape.layout, meter::Coding::kIdentity},
                        budget);
    for (std::string_view rest = shape.body; !rest.empty();) {
      const std::string_view read = rest.substr(0, kReadBytes);
      tap.Feed(read);
      rest.remove_prefix(read.size());
    }
    tokens += tap.End(true).input;
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  if (count > 0) {
    std::printf("%s: %zu bytes, %.0f ns an answer, %lld tokens\n", argv[1], shape.body.size(),
                took.count() / static_cast<double>(count), static_cast<long long>(tokens));
  }
  return 0;
}
