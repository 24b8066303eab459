// The tap on answers: whatever an answer holds, what is read from it is within its bounds, the same
// in whatever pieces it comes, the same as a parser of JSON would have read, and leaves no memory.
//
// Input: a byte that chooses dialect and layout, one for the coding and the size of pieces, then
// the body.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "dataplane/meter/usage_tap.h"

namespace {

using namespace sluice;
using catalog::UsageDialect;
using meter::AnswerForm;
using meter::Coding;
using meter::Layout;
using meter::Usage;

Usage Meter(UsageDialect dialect, const AnswerForm& form, std::string_view body, size_t piece) {
  meter::DecodingBudget budget;
  std::optional<Usage> usage;
  {
    meter::UsageTap tap(dialect, form, budget);
    for (; !body.empty(); body.remove_prefix(std::min(piece, body.size()))) {
      const std::string bytes(body.substr(0, piece));
      tap.Feed(bytes);
    }
    usage = tap.End(true);
  }
  SLUICE_CHECK(budget.used == 0, "a decoder has kept its memory");
  return *std::move(usage);
}

void CheckBounds(const Usage& usage) {
  constexpr int64_t kMost = 4 * meter::UsageReading::kMostTokens;
  for (const int64_t count :
       {usage.input, usage.output, usage.cached, usage.cache_write, usage.reasoning, usage.total}) {
    SLUICE_CHECK(count >= 0 && count <= kMost, "a count beyond its bounds");
  }
  const int64_t cost = usage.cost_nanos.value_or(0);
  SLUICE_CHECK(cost >= 0 && cost <= int64_t{1'000'000} * 1'000'000'000, "a cost beyond its bounds");
  SLUICE_CHECK(usage.model.size() <= meter::JsonScan::kKeptBytes,
               "a model's name beyond its bound");
  SLUICE_CHECK(usage.quality != meter::Quality::kUnmetered || usage.input + usage.output == 0,
               "tokens that nobody told");
}

size_t Occurrences(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// For one plain object, a parser has to agree.
void CompareWithParser(std::string_view body, const Usage& usage) {
  // The parser takes a NUL for the end.
  if (body.find('\0') != std::string_view::npos || body.find('\\') != std::string_view::npos ||
      Occurrences(body, "\"usage\"") != 1 || Occurrences(body, "_tokens\"") != 1 ||
      Occurrences(body, "\"prompt_tokens\"") != 1) {
    return;
  }
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("usage") || !json["usage"].is_object()) return;
  const auto told = json["usage"].find("prompt_tokens");
  if (told == json["usage"].end() || !told->is_number_unsigned()) return;
  const auto count = told->get<uint64_t>();
  if (count > static_cast<uint64_t>(meter::UsageReading::kMostTokens)) return;
  SLUICE_CHECK(usage.input == static_cast<int64_t>(count), "a parser reads another number");
  SLUICE_CHECK(usage.quality == meter::Quality::kComplete, "a whole answer is not complete");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const auto dialect = static_cast<UsageDialect>(1 + data[0] % 5);
  AnswerForm form;
  form.layout = static_cast<Layout>(1 + data[0] / 5 % 3);
  form.coding = static_cast<Coding>(data[1] % 5);
  const size_t piece = 1 + data[1] / 5;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);

  const Usage whole = Meter(dialect, form, body, body.size() + 1);
  const Usage split = Meter(dialect, form, body, piece);
  CheckBounds(whole);
  CheckBounds(split);
  // Bounds of decompression go by what has come so far.
  if (form.coding != Coding::kIdentity) return 0;
  SLUICE_CHECK(whole == split, "pieces read otherwise than the whole");
  if (dialect == UsageDialect::kOpenAi && form.layout == Layout::kJson) {
    CompareWithParser(body, whole);
  }
  return 0;
}
