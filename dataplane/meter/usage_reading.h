// What the members of an answer have told so far, and what that comes to. The last word counts for
// each field by itself: streams tell sums that grow, some of them in parts. One thread; no text of
// an answer but the model's name is kept.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/catalog/usage_dialect.h"
#include "dataplane/meter/json_scan.h"
#include "dataplane/meter/usage.h"
#include "dataplane/meter/usage_watch.h"

namespace sluice::meter {

class UsageReading final : public JsonScan::Reader {
 public:
  // No answer uses more of anything; what says so is not believed.
  static constexpr int64_t kMostTokens = 1'000'000'000'000;

  explicit UsageReading(catalog::UsageDialect dialect) : dialect_(dialect) {}

  void OnValue(uint8_t tag, bool is_string, std::string_view text) override;
  void OnObjectEnd() override { saw_end_ = saw_end_ || is_last_; }

  // An event or object that says that nothing follows has come to its end.
  bool saw_end() const { return saw_end_; }
  // Of an answer that is whole, or not.
  Usage Settle(bool whole) const;

 private:
  const std::optional<int64_t>& number(UsageTag tag) const { return numbers_[tag]; }
  bool is_gemini() const { return dialect_ == catalog::UsageDialect::kGemini; }
  // Something other than a sum.
  bool told() const;
  int64_t Or0(UsageTag tag) const { return number(tag).value_or(0); }

  const catalog::UsageDialect dialect_;
  std::array<std::optional<int64_t>, kLastNumber + 1> numbers_;
  std::optional<int64_t> cost_nanos_;
  std::optional<int64_t> audio_ms_;
  std::string model_;
  bool is_last_ = false;  // the object under way
  bool saw_end_ = false;
};

}  // namespace sluice::meter
