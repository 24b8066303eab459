// DashScope's native text generation, streamed when the client asks with X-DashScope-SSE.
#include <memory>
#include <utility>

#include "tests/support/emulator/reply.h"
#include "tests/support/emulator/shapes.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

Json Output(const Reply& reply, const std::string& text, bool last, uint64_t tokens) {
  Json choice = {{"message", {{"role", "assistant"}, {"content", text}}},
                 {"finish_reason", last ? "stop" : "null"}};
  return {{"output", {{"choices", Json::array({std::move(choice)})}}},
          {"usage",
           {{"input_tokens", reply.prompt_tokens()},
            {"output_tokens", tokens},
            {"total_tokens", reply.prompt_tokens() + tokens}}},
          {"request_id", "emulator"}};
}

}  // namespace

Answer DashScopeAnswer(const Request& request) {
  Reply reply(request, ModelOf(BodyObject(request)));
  const bool stream = SameName(request.head.Find("X-DashScope-SSE").value_or(""), "enable");
  if (!stream) return Ok(Output(reply, reply.text(), true, reply.completion_tokens()));
  auto words = std::make_shared<const Reply>(std::move(reply));
  return EventAnswer("text/event-stream;charset=UTF-8", [words](uint64_t index, std::string& out) {
    if (index >= words->pieces()) return false;
    const bool last = index + 1 == words->pieces();
    const uint64_t tokens = last ? words->completion_tokens() : index + 1;
    Append(out, "id:", index + 1, "\nevent:result\n:HTTP_STATUS/200\ndata:",
           Output(*words, words->Piece(index), last, tokens).dump(), "\n\n");
    return true;
  });
}

}  // namespace sluice::emulator
