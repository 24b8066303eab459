// Anthropic's messages, models and token count.
#include <memory>
#include <utility>

#include "tests/support/emulator/reply.h"
#include "tests/support/emulator/shapes.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

Json Message(const Reply& reply, Json content, Json stop_reason, uint64_t output_tokens) {
  return {{"id", "msg_emulator"},
          {"type", "message"},
          {"role", "assistant"},
          {"model", reply.model()},
          {"content", std::move(content)},
          {"stop_reason", std::move(stop_reason)},
          {"stop_sequence", nullptr},
          {"usage",
           {{"input_tokens", reply.prompt_tokens()},
            {"cache_creation_input_tokens", 0},
            {"cache_read_input_tokens", 0},
            {"output_tokens", output_tokens}}}};
}

void Send(std::string_view type, Json fields, std::string& out) {
  Json json = {{"type", type}};
  json.update(fields);
  AppendNamedEvent(type, json.dump(-1, ' ', false, Json::error_handler_t::replace), out);
}

class MessageStream {
 public:
  explicit MessageStream(Reply reply) : reply_(std::move(reply)) {}

  bool Event(uint64_t index, std::string& out) const {
    constexpr uint64_t kOpening = 3;
    if (index == 0) {
      Send("message_start", {{"message", Message(reply_, Json::array(), nullptr, 1)}}, out);
    } else if (index == 1) {
      Send("content_block_start",
           {{"index", 0}, {"content_block", {{"type", "text"}, {"text", ""}}}}, out);
    } else if (index == 2) {
      Send("ping", Json::object(), out);
    } else if (index < kOpening + reply_.pieces()) {
      Append(out, "event: content_block_delta\ndata: ",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":)",
             JsonString(reply_.Piece(index - kOpening)), "}}\n\n");
    } else {
      return Closing(index - kOpening - reply_.pieces(), out);
    }
    return true;
  }

 private:
  bool Closing(uint64_t index, std::string& out) const {
    if (index == 0) {
      Send("content_block_stop", {{"index", 0}}, out);
    } else if (index == 1) {
      Send("message_delta",
           {{"delta", {{"stop_reason", "end_turn"}, {"stop_sequence", nullptr}}},
            {"usage", {{"output_tokens", reply_.completion_tokens()}}}},
           out);
    } else if (index == 2) {
      Send("message_stop", Json::object(), out);
    } else {
      return false;
    }
    return true;
  }

  Reply reply_;
};

Answer Messages(const Request& request) {
  const Json body = BodyObject(request);
  Reply reply(request, ModelOf(body));
  if (body.value("stream", false)) {
    auto stream = std::make_shared<const MessageStream>(std::move(reply));
    return EventAnswer(kEventStream,
                       [stream](uint64_t i, std::string& out) { return stream->Event(i, out); });
  }
  const Json content = Json::array({{{"type", "text"}, {"text", reply.text()}}});
  return Ok(Message(reply, content, "end_turn", reply.completion_tokens()));
}

Json Model(const std::string& id) {
  return {{"type", "model"},
          {"id", id},
          {"display_name", Cat("Emulated ", id)},
          {"created_at", kCreatedText}};
}

Json Models() {
  return {{"data", {Model("emulator-large"), Model("emulator-small")}},
          {"has_more", false},
          {"first_id", "emulator-large"},
          {"last_id", "emulator-small"}};
}

}  // namespace

Answer AnthropicAnswer(const Request& request, FileStore& files) {
  Answer answer;
  switch (request.route.endpoint) {
    case Endpoint::kChat:
      answer = Messages(request);
      break;
    case Endpoint::kCountTokens:
      answer = Ok({{"input_tokens", Reply(request, "none").prompt_tokens()}});
      break;
    case Endpoint::kModels:
      answer = Ok(Models());
      break;
    case Endpoint::kModel:
      answer = Ok(Model(request.route.argument));
      break;
    case Endpoint::kFiles:
    case Endpoint::kFile:
    case Endpoint::kFileContent:
      answer = OpenAiFiles(request, files);
      break;
    default:
      answer = ErrorAnswer(Shape::kAnthropic, 404, "Not Found");
  }
  answer.Set("anthropic-organization-id", "org-emulator");
  return answer;
}

}  // namespace sluice::emulator
