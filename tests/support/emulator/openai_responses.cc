// The Responses API, plain and as its named events.
#include <memory>
#include <utility>

#include "tests/support/emulator/reply.h"
#include "tests/support/emulator/shapes.h"

namespace sluice::emulator {
namespace {

constexpr std::string_view kResponseId = "resp_emulator";
constexpr std::string_view kItemId = "msg_emulator";

Json TextPart(const std::string& text) {
  return {{"type", "output_text"}, {"text", text}, {"annotations", Json::array()}};
}

Json Item(const std::string& status, Json content) {
  return {{"id", kItemId},
          {"type", "message"},
          {"status", status},
          {"role", "assistant"},
          {"content", std::move(content)}};
}

Json Response(const Reply& reply, const std::string& status, Json output, Json usage) {
  return {{"id", kResponseId},
          {"object", "response"},
          {"created_at", kCreated},
          {"status", status},
          {"error", nullptr},
          {"incomplete_details", nullptr},
          {"model", reply.model()},
          {"output", std::move(output)},
          {"parallel_tool_calls", true},
          {"tools", Json::array()},
          {"usage", std::move(usage)}};
}

Json Completed(const Reply& reply, const std::string& text) {
  return Response(reply, "completed",
                  Json::array({Item("completed", Json::array({TextPart(text)}))}),
                  {{"input_tokens", reply.prompt_tokens()},
                   {"input_tokens_details", {{"cached_tokens", 0}}},
                   {"output_tokens", reply.completion_tokens()},
                   {"output_tokens_details", {{"reasoning_tokens", 0}}},
                   {"total_tokens", reply.total_tokens()}});
}

class ResponseStream {
 public:
  explicit ResponseStream(Reply reply) : reply_(std::move(reply)) {}

  bool Event(uint64_t index, std::string& out) const {
    constexpr uint64_t kOpening = 4;
    if (index < kOpening) {
      Opening(index, out);
    } else if (index < kOpening + reply_.pieces()) {
      Json json = OfPart();
      json["delta"] = reply_.Piece(index - kOpening);
      Send("response.output_text.delta", index, std::move(json), out);
    } else {
      return Closing(index - kOpening - reply_.pieces(), index, out);
    }
    return true;
  }

 private:
  static Json OfPart() { return {{"item_id", kItemId}, {"output_index", 0}, {"content_index", 0}}; }

  static void Send(std::string_view type, uint64_t sequence, Json fields, std::string& out) {
    Json json = {{"type", type}, {"sequence_number", sequence}};
    json.update(fields);
    AppendNamedEvent(type, json.dump(-1, ' ', false, Json::error_handler_t::replace), out);
  }

  void Opening(uint64_t index, std::string& out) const {
    if (index == 0 || index == 1) {
      const auto type = index == 0 ? "response.created" : "response.in_progress";
      Send(type, index, {{"response", Response(reply_, "in_progress", Json::array(), nullptr)}},
           out);
    } else if (index == 2) {
      Send("response.output_item.added", index,
           {{"output_index", 0}, {"item", Item("in_progress", Json::array())}}, out);
    } else {
      Json json = OfPart();
      json["part"] = TextPart("");
      Send("response.content_part.added", index, std::move(json), out);
    }
  }

  bool Closing(uint64_t index, uint64_t sequence, std::string& out) const {
    if (index > 3) return false;
    std::string text;
    for (uint64_t i = 0; i < reply_.pieces(); ++i) text += reply_.Piece(i);
    Json json = OfPart();
    if (index == 0) {
      json["text"] = text;
      Send("response.output_text.done", sequence, std::move(json), out);
    } else if (index == 1) {
      json["part"] = TextPart(text);
      Send("response.content_part.done", sequence, std::move(json), out);
    } else if (index == 2) {
      Send("response.output_item.done", sequence,
           {{"output_index", 0}, {"item", Item("completed", Json::array({TextPart(text)}))}}, out);
    } else {
      Send("response.completed", sequence, {{"response", Completed(reply_, text)}}, out);
    }
    return true;
  }

  Reply reply_;
};

}  // namespace

Answer OpenAiResponses(const Request& request) {
  const Json body = BodyObject(request);
  Reply reply(request, ModelOf(body));
  if (!body.value("stream", false)) return Ok(Completed(reply, reply.text()));
  auto stream = std::make_shared<const ResponseStream>(std::move(reply));
  return EventAnswer(kEventStream,
                     [stream](uint64_t i, std::string& out) { return stream->Event(i, out); });
}

}  // namespace sluice::emulator
