#include "dataplane/proxy/price.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "dataplane/policy/glob.h"

namespace sluice::proxy {
namespace {

using config::ModelPrice;
using Price = std::optional<int64_t>;

constexpr int64_t kTokensPriced = 1'000'000;
constexpr int64_t kMillisAMinute = 60'000;
// What an account can hold; a million dollars for one request.
constexpr int64_t kMostNanos = 1'000'000'000'000'000;

const ModelPrice* Find(const std::vector<ModelPrice>& prices, std::string_view model,
                       int64_t input) {
  std::string plain(model);
  std::replace(plain.begin(), plain.end(), '/', '\x01');
  const auto found = std::find_if(prices.begin(), prices.end(), [&](const ModelPrice& price) {
    return policy::GlobMatches(price.model, plain) &&
           input <= price.up_to_input_tokens.value_or(input);
  });
  return found == prices.end() ? nullptr : &*found;
}

// Sums what has a price; what has none makes the whole unknown.
class Bill {
 public:
  void Add(int64_t count, const Price& price, int64_t each) {
    if (count <= 0) return;
    if (!price.has_value()) {
      known_ = false;
      return;
    }
    nanos_ += static_cast<double>(count) * static_cast<double>(*price) / static_cast<double>(each);
  }
  Price Total() const {
    if (!known_) return std::nullopt;
    return std::llround(std::min(nanos_, static_cast<double>(kMostNanos)));
  }

 private:
  double nanos_ = 0;
  bool known_ = true;
};

Price Either(const Price& first, const Price& second) { return first ? first : second; }

bool AsksForTokens(const ModelPrice& price) {
  return price.input || price.output || price.cached_input || price.cache_write ||
         price.reasoning || price.audio_minute;
}

}  // namespace

Price CostOf(const std::vector<ModelPrice>& prices, std::string_view model,
             const meter::Usage& usage) {
  if (usage.cost_nanos.has_value()) return usage.cost_nanos;
  if (model.empty()) return std::nullopt;
  const ModelPrice* price = Find(prices, model, usage.input);
  if (price == nullptr) return std::nullopt;
  if (usage.quality == meter::Quality::kUnmetered && AsksForTokens(*price)) return std::nullopt;
  // Of a sum alone nobody knows how much of it was output.
  if (usage.quality == meter::Quality::kEstimated && price->input != price->output) {
    return std::nullopt;
  }
  const int64_t fresh = usage.input - usage.cached - usage.cache_write;
  const int64_t spoken = usage.output - usage.reasoning;
  Bill bill;
  bill.Add(fresh, price->input, kTokensPriced);
  bill.Add(usage.cached, Either(price->cached_input, price->input), kTokensPriced);
  bill.Add(usage.cache_write, Either(price->cache_write, price->input), kTokensPriced);
  bill.Add(spoken, price->output, kTokensPriced);
  bill.Add(usage.reasoning, Either(price->reasoning, price->output), kTokensPriced);
  bill.Add(usage.audio_ms, price->audio_minute, kMillisAMinute);
  if (price->request.has_value()) bill.Add(1, price->request, 1);
  return bill.Total();
}

}  // namespace sluice::proxy
