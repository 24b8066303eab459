#include "dataplane/meter/usage_reading.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace sluice::meter {
namespace {

constexpr double kNanosADollar = 1e9;
constexpr double kNanosATick = 0.1;
constexpr double kMostDollars = 1e6;
constexpr double kMillisASecond = 1000;
constexpr double kMostSeconds = 1e7;

// A count: digits, and perhaps a fraction that is 0.
std::optional<int64_t> ParseCount(std::string_view text) {
  int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || text.front() == '-') return std::nullopt;
  const bool whole = stop == end || (*stop == '.' && stop + 1 < end &&
                                     std::all_of(stop + 1, end, [](char c) { return c == '0'; }));
  if (!whole || count > UsageReading::kMostTokens) return std::nullopt;
  return count;
}

// `text` times `each`, up to `most`.
std::optional<int64_t> ParseAmount(std::string_view text, double each, double most) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || !(number >= 0)) return std::nullopt;
  const double amount = number * each;
  if (amount > most) return std::nullopt;
  return std::llround(amount);
}

std::optional<int64_t> ParseCost(std::string_view text, double nanos_each) {
  return ParseAmount(text, nanos_each, kMostDollars * kNanosADollar);
}

bool IsLastEvent(std::string_view type) {
  return type == "message_stop" || type == "response.completed" || type == "response.incomplete" ||
         type == "response.failed";
}

}  // namespace

void UsageReading::OnValue(uint8_t tag, bool is_string, std::string_view text) {
  if (tag == kModel) {
    if (is_string) model_ = text;
  } else if (tag == kType) {
    is_last_ = is_string && IsLastEvent(text);
  } else if (tag == kDone) {
    is_last_ = !is_string && text == "true";
  } else if (is_string) {
    return;
  } else if (tag == kCost || tag == kCostTicks) {
    const auto cost = ParseCost(text, tag == kCost ? kNanosADollar : kNanosATick);
    if (cost.has_value()) cost_nanos_ = cost;
  } else if (tag == kAudioSeconds) {
    const auto heard = ParseAmount(text, kMillisASecond, kMostSeconds * kMillisASecond);
    if (heard.has_value()) audio_ms_ = heard;
  } else if (const auto count = ParseCount(text); count.has_value()) {
    numbers_[tag] = count;
  }
}

bool UsageReading::told() const {
  return number(kInput) || number(kInputByPrompt) || number(kOutput) ||
         number(kOutputByCompletion) || (is_gemini() && number(kReasoning));
}

Usage UsageReading::Settle(bool whole) const {
  Usage usage;
  usage.model = model_;
  usage.cost_nanos = cost_nanos_;
  usage.audio_ms = audio_ms_.value_or(0);
  if (!told() && !number(kTotal) && !audio_ms_) return usage;
  usage.quality = whole ? Quality::kComplete : Quality::kPartial;
  if (!told() && !number(kTotal)) return usage;
  if (!told()) {
    usage.input = usage.total = Or0(kTotal);
    if (whole) usage.quality = Quality::kEstimated;
    return usage;
  }
  usage.cached = Or0(kCached);
  usage.cache_write = Or0(kCacheWrite);
  usage.reasoning = Or0(kReasoning);
  // Of two names for one thing an answer may have both, one of them idle.
  usage.input = std::max(Or0(kInput), Or0(kInputByPrompt)) + Or0(kToolInput);
  usage.output = std::max(Or0(kOutput), Or0(kOutputByCompletion));
  if (dialect_ == catalog::UsageDialect::kAnthropic && number(kInput)) {
    usage.input += usage.cached + usage.cache_write;
  }
  // Gemini counts thoughts beside the output, as do some that otherwise speak as OpenAI does: then
  // the sum tells.
  const bool beside = is_gemini() || number(kTotal) == usage.input + usage.output + usage.reasoning;
  if (beside) usage.output += usage.reasoning;
  usage.total = number(kTotal).value_or(usage.input + usage.output);
  return usage;
}

}  // namespace sluice::meter
