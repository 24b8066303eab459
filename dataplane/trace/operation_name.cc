#include "dataplane/trace/operation_name.h"

#include <array>
#include <string>

#include "absl/strings/str_replace.h"
#include "common/base/text.h"

namespace sluice::trace {
namespace {

struct Ending {
  std::string_view text;
  std::string_view operation;
};

// The first that fits counts. Each begins a segment of a path or follows its colon.
constexpr std::array<Ending, 15> kEndings = {{
    {"/chat/completions", "chat"},
    {"/responses", "chat"},
    {"/messages", "chat"},
    {"/api/chat", "chat"},
    {"/text-generation/generation", "chat"},
    {"/multimodal-generation/generation", "chat"},
    {"/completions", "text_completion"},
    {"/api/generate", "text_completion"},
    {"/embeddings", "embeddings"},
    {"/api/embed", "embeddings"},
    {"/text-embedding/text-embedding", "embeddings"},
    {":embedContent", "embeddings"},
    {":batchEmbedContents", "embeddings"},
    {":generateContent", "generate_content"},
    {":streamGenerateContent", "generate_content"},
}};

}  // namespace

std::string_view OperationOf(std::string_view method, std::string_view path) {
  if (method != "POST") return "";
  const std::string plain =
      absl::StrReplaceAll(base::ToAbsl(path), {{"%2F", "/"}, {"%2f", "/"}, {"%3A", ":"}});
  // What is added to a thread there is a row, and no question to a model.
  if (plain.find("/threads/") != std::string::npos) return "";
  for (const Ending& ending : kEndings) {
    if (std::string_view(plain).ends_with(ending.text)) return ending.operation;
  }
  return "";
}

}  // namespace sluice::trace
