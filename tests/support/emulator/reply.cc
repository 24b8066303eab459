#include "tests/support/emulator/reply.h"

#include "nlohmann/json.hpp"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

constexpr uint64_t kPromptTokens = 11;

void PadTo(uint64_t size, std::string& piece) {
  while (piece.size() < size) piece.push_back(static_cast<char>('a' + piece.size() % 26));
}

}  // namespace

Reply::Reply(const Request& request, const std::string& model)
    : model_(model), event_bytes_(request.controls.event_bytes) {
  const std::string_view base =
      request.route.base.empty() ? "/" : std::string_view(request.route.base);
  text_ = Cat("Hello from the emulator (model ", model, ", base ", base, ", key …",
              request.auth.KeyTail(), ")");
  if (!request.controls.events) {
    for (uint32_t at = 0; at < text_.size(); ++at) {
      if (text_[at] == ' ') word_ends_.push_back(at + 1);
    }
    word_ends_.push_back(static_cast<uint32_t>(text_.size()));
  }
  pieces_ = request.controls.events.value_or(word_ends_.size());
  prompt_tokens_ = request.controls.prompt_tokens.value_or(kPromptTokens);
  completion_tokens_ = request.controls.completion_tokens.value_or(pieces_);
}

std::string Reply::Piece(uint64_t index) const {
  std::string piece;
  if (word_ends_.empty()) {
    piece = index == 0 ? Cat(text_, " ") : Cat("e", index, " ");
  } else {
    const uint32_t begin = index == 0 ? 0 : word_ends_[index - 1];
    piece = text_.substr(begin, word_ends_[index] - begin);
  }
  PadTo(event_bytes_, piece);
  return piece;
}

std::string JsonString(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace sluice::emulator
