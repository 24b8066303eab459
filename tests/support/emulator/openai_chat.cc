// chat/completions, with the peculiarities of the providers that speak it.
#include <memory>
#include <utility>

#include "tests/support/emulator/reply.h"
#include "tests/support/emulator/shapes.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

Json Usage(const Request& request, const Reply& reply) {
  Json usage = {{"prompt_tokens", reply.prompt_tokens()},
                {"completion_tokens", reply.completion_tokens()},
                {"total_tokens", reply.total_tokens()},
                {"prompt_tokens_details", {{"cached_tokens", 0}}},
                {"completion_tokens_details", {{"reasoning_tokens", 0}}}};
  if (request.route.preset == "openrouter") usage["cost"] = 0.00042;
  if (request.route.preset == "xai") usage["cost_in_usd_ticks"] = 4200000;
  return usage;
}

// Everything of a streamed chunk but what changes from one to the next.
struct ChunkText {
  std::string before;
  std::string after = "}\n\n";

  explicit ChunkText(const Reply& reply) {
    Append(before, R"(data: {"id":"chatcmpl-emulator","object":"chat.completion.chunk","created":)",
           kCreated, R"(,"model":)", JsonString(reply.model()), ",");
  }
  void Write(std::string_view rest, std::string& out) const { Append(out, before, rest, after); }
};

class ChatStream {
 public:
  ChatStream(const Request& request, const Json& body, Reply reply)
      : reply_(std::move(reply)), chunk_(reply_), preset_(request.route.preset) {
    const auto options = body.find("stream_options");
    const bool asked =
        options != body.end() && options->is_object() && options->value("include_usage", false);
    if (asked) usage_ = Usage(request, reply_).dump();
    if (preset_ == "groq") groq_usage_ = Usage(request, reply_).dump();
  }

  bool Event(uint64_t index, std::string& out) const {
    if (index == 0) {
      KeepAlive(out);
      chunk_.Write(
          R"("choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}])",
          out);
    } else if (index <= reply_.pieces()) {
      chunk_.Write(Cat(R"("choices":[{"index":0,"delta":{"content":)",
                       JsonString(reply_.Piece(index - 1)), R"(},"finish_reason":null}])"),
                   out);
    } else {
      return Tail(index - reply_.pieces() - 1, out);
    }
    return true;
  }

 private:
  // What these providers send to keep a connection open before the first chunk.
  void KeepAlive(std::string& out) const {
    if (preset_ == "openrouter") out.append(": OPENROUTER PROCESSING\n\n");
    if (preset_ == "deepseek") out.append(": keep-alive\n\n");
  }

  bool Tail(uint64_t index, std::string& out) const {
    if (index == 0) {
      const std::string groq =
          groq_usage_.empty() ? ""
                              : Cat(R"(,"x_groq":{"id":"req_emulator","usage":)", groq_usage_, "}");
      chunk_.Write(Cat(R"("choices":[{"index":0,"delta":{},"finish_reason":"stop"}])", groq), out);
    } else if (index == 1 && !usage_.empty()) {
      chunk_.Write(Cat(R"("choices":[],"usage":)", usage_), out);
    } else if (index == (usage_.empty() ? 1 : 2)) {
      AppendEvent("[DONE]", out);
    } else {
      return false;
    }
    return true;
  }

  Reply reply_;
  ChunkText chunk_;
  std::string preset_;
  std::string usage_;
  std::string groq_usage_;
};

}  // namespace

Answer OpenAiChat(const Request& request) {
  const Json body = BodyObject(request);
  Reply reply(request, ModelOf(body));
  if (body.value("stream", false)) {
    auto stream = std::make_shared<const ChatStream>(request, body, std::move(reply));
    return EventAnswer(kEventStream,
                       [stream](uint64_t i, std::string& out) { return stream->Event(i, out); });
  }
  Json json = {
      {"id", "chatcmpl-emulator"},
      {"object", "chat.completion"},
      {"created", kCreated},
      {"model", reply.model()},
      {"choices",
       {{{"index", 0},
         {"message", {{"role", "assistant"}, {"content", reply.text()}, {"refusal", nullptr}}},
         {"logprobs", nullptr},
         {"finish_reason", "stop"}}}},
      {"usage", Usage(request, reply)}};
  if (request.route.preset == "minimax")
    json["base_resp"] = {{"status_code", 0}, {"status_msg", ""}};
  return Ok(json);
}

}  // namespace sluice::emulator
