#include "common/catalog/price_rows.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

namespace sluice::catalog {
namespace {

using config::v1::ModelPrice;

constexpr double kNanosADollar = 1e9;
// Where a provider asks more for long prompts.
constexpr int64_t k128 = 128'000;
constexpr int64_t k200 = 200'000;
constexpr int64_t k272 = 272'000;

// US dollars for each million of tokens.
struct Dollars {
  double input = 0;
  double output = 0;
  std::optional<double> cached = std::nullopt;
  std::optional<double> cache_write = std::nullopt;
};

int64_t Nanos(double dollars) { return std::llround(dollars * kNanosADollar); }

// Rows of one provider as they are written down.
class Rows {
 public:
  // The model, and its releases by date, NAME-2025-04-14 and the like.
  void Dated(const std::string& model, const Dollars& dollars, int64_t up_to = 0) {
    Add(model, dollars, up_to);
    Add(model + "-20*", dollars, up_to);
  }
  void Add(const std::string& model, const Dollars& dollars, int64_t up_to = 0) {
    ModelPrice& row = rows_.emplace_back();
    row.set_model(model);
    row.set_input_nanos(Nanos(dollars.input));
    row.set_output_nanos(Nanos(dollars.output));
    if (dollars.cached) row.set_cached_input_nanos(Nanos(*dollars.cached));
    if (dollars.cache_write) row.set_cache_write_nanos(Nanos(*dollars.cache_write));
    if (up_to != 0) row.set_up_to_input_tokens(up_to);
  }
  // Anthropic asks a tenth of the input's price for what is read from a cache and a quarter more
  // for what is written to one (for five minutes; an hour costs more, which answers do not tell
  // apart).
  void Claude(const std::string& model, double input, double output, int64_t up_to = 0) {
    Add(model, {input, output, input / 10, input * 5 / 4}, up_to);
  }
  std::vector<ModelPrice> Take() && { return std::move(rows_); }

 private:
  std::vector<ModelPrice> rows_;
};

std::vector<ModelPrice> OpenAi() {
  Rows rows;
  rows.Add("gpt-4o-2024-05-13", {5, 15});
  rows.Dated("gpt-4o", {2.5, 10, 1.25});
  rows.Dated("gpt-4o-mini", {0.15, 0.6, 0.075});
  rows.Dated("o1-pro", {150, 600});
  rows.Dated("o3-mini", {1.1, 4.4, 0.55});
  rows.Dated("o4-mini", {1.1, 4.4, 0.275});
  rows.Dated("o3", {2, 8, 0.5});
  rows.Dated("o3-pro", {20, 80});
  rows.Dated("o3-deep-research", {10, 40, 2.5});
  rows.Dated("o4-mini-deep-research", {2, 8, 0.5});
  rows.Dated("gpt-4.1", {2, 8, 0.5});
  rows.Dated("gpt-4.1-mini", {0.4, 1.6, 0.1});
  rows.Dated("gpt-4.1-nano", {0.1, 0.4, 0.025});
  rows.Dated("gpt-5", {1.25, 10, 0.125});
  rows.Dated("gpt-5-mini", {0.25, 2, 0.025});
  rows.Dated("gpt-5-nano", {0.05, 0.4, 0.005});
  rows.Dated("gpt-5-pro", {15, 120});
  rows.Dated("gpt-5.1", {1.25, 10, 0.125});
  rows.Dated("gpt-5.1-codex", {1.25, 10, 0.125});
  rows.Dated("gpt-5.1-codex-mini", {0.25, 2, 0.025});
  rows.Dated("gpt-5.2", {1.75, 14, 0.175});
  rows.Dated("gpt-5.2-pro", {21, 168});
  rows.Dated("gpt-5.4", {2.5, 15, 0.25}, k272);
  rows.Dated("gpt-5.4", {5, 22.5, 0.5});
  rows.Dated("gpt-5.4-pro", {30, 180}, k272);
  rows.Dated("gpt-5.4-pro", {60, 270});
  rows.Dated("gpt-5.4-mini", {0.75, 4.5, 0.075});
  rows.Dated("gpt-5.4-nano", {0.2, 1.25, 0.02});
  rows.Dated("gpt-5.5", {5, 30, 0.5}, k272);
  rows.Dated("gpt-5.5", {10, 45, 1});
  rows.Dated("gpt-5.5-pro", {30, 180}, k272);
  rows.Dated("gpt-5.5-pro", {60, 270});
  return std::move(rows).Take();
}

std::vector<ModelPrice> Anthropic() {
  Rows rows;
  rows.Claude("claude-3-haiku-*", 0.25, 1.25);
  rows.Claude("claude-3-opus-*", 15, 75);
  rows.Claude("claude-3-5-haiku-*", 0.8, 4);
  rows.Claude("claude-3-5-sonnet-*", 3, 15);
  rows.Claude("claude-3-7-sonnet-*", 3, 15);
  rows.Claude("claude-opus-4-20??????", 15, 75);
  rows.Claude("claude-opus-4-0", 15, 75);
  rows.Claude("claude-opus-4-1*", 15, 75);
  rows.Claude("claude-opus-4-5*", 5, 25);
  rows.Claude("claude-opus-4-6*", 5, 25);
  rows.Claude("claude-opus-4-7*", 5, 25);
  rows.Claude("claude-opus-4-8*", 5, 25);
  rows.Claude("claude-sonnet-4-5*", 3, 15, k200);
  rows.Claude("claude-sonnet-4-5*", 6, 22.5);
  rows.Claude("claude-sonnet-5*", 3, 15);
  rows.Claude("claude-haiku-4-5*", 1, 5);
  return std::move(rows).Take();
}

std::vector<ModelPrice> Gemini() {
  Rows rows;
  rows.Add("gemini-2.0-flash", {0.1, 0.4});
  rows.Add("gemini-2.0-flash-lite", {0.075, 0.3});
  rows.Add("gemini-2.5-flash", {0.3, 2.5, 0.03});
  rows.Add("gemini-2.5-flash-lite", {0.1, 0.4, 0.01});
  rows.Add("gemini-2.5-pro", {1.25, 10, 0.125}, k200);
  rows.Add("gemini-2.5-pro", {2.5, 15, 0.25});
  rows.Add("gemini-3-pro-preview", {2, 12}, k200);
  rows.Add("gemini-3-pro-preview", {4, 18});
  rows.Add("gemini-3-flash-preview", {0.5, 3});
  rows.Add("gemini-3.5-flash", {1.5, 9, 0.15});
  rows.Add("gemini-3.5-flash-lite", {0.3, 2.5, 0.03});
  return std::move(rows).Take();
}

std::vector<ModelPrice> DeepSeek() {
  Rows rows;
  rows.Add("deepseek-v4-flash", {0.14, 0.28, 0.028});
  rows.Add("deepseek-v4-pro", {1.74, 3.48, 0.145});
  return std::move(rows).Take();
}

// It tells most costs itself.
std::vector<ModelPrice> Xai() {
  Rows rows;
  rows.Add("grok-3", {3, 15, 0.75});
  rows.Add("grok-3-mini", {0.3, 0.5, 0.075});
  rows.Add("grok-4", {3, 15, 0.75}, k128);
  rows.Add("grok-4", {6, 30, 0.75});
  rows.Add("grok-code-fast-1", {0.2, 1.5, 0.02});
  return std::move(rows).Take();
}

}  // namespace

std::vector<ModelPrice> PricesOf(std::string_view preset) {
  if (preset == "openai") return OpenAi();
  if (preset == "anthropic") return Anthropic();
  if (preset == "gemini") return Gemini();
  if (preset == "deepseek") return DeepSeek();
  if (preset == "xai") return Xai();
  return {};
}

}  // namespace sluice::catalog
