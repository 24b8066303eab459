#include "common/wire/price_check.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/wire/field_text.h"

namespace sluice::wire {
namespace {

using config::v1::ModelPrice;

constexpr int kMaxPrices = 1000;
// A million dollars.
constexpr int64_t kMaxNanos = 1'000'000'000'000'000;

void CheckAmount(const ModelPrice& price, bool given, std::string_view field, int64_t nanos,
                 ViolationList* list) {
  if (!given || (nanos >= 0 && nanos <= kMaxNanos)) return;
  list->Add("prices: ", field, " of ", Quoted(price.model()), " is ", nanos, ", but must be 0 to ",
            kMaxNanos);
}

void CheckAmounts(const ModelPrice& price, ViolationList* list) {
  const auto check = [&](bool given, std::string_view field, int64_t nanos) {
    CheckAmount(price, given, field, nanos, list);
  };
  check(price.has_input_nanos(), "input_nanos", price.input_nanos());
  check(price.has_cached_input_nanos(), "cached_input_nanos", price.cached_input_nanos());
  check(price.has_cache_write_nanos(), "cache_write_nanos", price.cache_write_nanos());
  check(price.has_output_nanos(), "output_nanos", price.output_nanos());
  check(price.has_reasoning_nanos(), "reasoning_nanos", price.reasoning_nanos());
  check(price.has_request_nanos(), "request_nanos", price.request_nanos());
  check(price.has_audio_minute_nanos(), "audio_minute_nanos", price.audio_minute_nanos());
  if (price.has_up_to_input_tokens() && price.up_to_input_tokens() < 1) {
    list->Add("prices: up_to_input_tokens of ", Quoted(price.model()), " is ",
              price.up_to_input_tokens(), ", but must be at least 1");
  }
}

}  // namespace

void CheckPrices(const config::v1::Provider& provider, ViolationList* list) {
  if (provider.prices_size() > kMaxPrices) {
    list->Add("prices has ", provider.prices_size(), " entries, but may have at most ", kMaxPrices);
    return;
  }
  std::set<std::pair<std::string_view, int64_t>> seen;
  for (const ModelPrice& price : provider.prices()) {
    if (!IsGlobText(price.model())) {
      list->Add("prices has the model ", Quoted(price.model()),
                ", which is not 1 to 256 printable ASCII characters without spaces");
    } else if (!seen.emplace(price.model(), price.up_to_input_tokens()).second) {
      list->Add("prices has the model ", Quoted(price.model()), " twice");
    }
    CheckAmounts(price, list);
  }
}

}  // namespace sluice::wire
