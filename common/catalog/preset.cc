#include "common/catalog/preset.h"

#include "common/base/text.h"
#include "common/catalog/preset_rows.h"
#include "common/catalog/price_rows.h"

namespace sluice::catalog {
namespace {

constexpr size_t kShownBytes = 80;

template <typename Row, typename Field>
void FillIfEmpty(const std::vector<Row>& rows, Field* field) {
  if (field->empty()) field->Add(rows.begin(), rows.end());
}

void FillBaseUrl(const Preset& preset, config::v1::Provider* provider) {
  if (!provider->has_base_url()) provider->set_base_url(std::string(preset.base_url));
  std::string* url = provider->mutable_base_url();
  while (!url->empty() && url->back() == '/') url->pop_back();
}

void FillSwitches(config::v1::Provider* provider) {
  if (!provider->has_enabled()) provider->set_enabled(true);
  if (!provider->has_strip_v1()) provider->set_strip_v1(true);
  if (provider->encoded_slashes() == config::v1::ENCODED_SLASHES_UNSPECIFIED) {
    provider->set_encoded_slashes(config::v1::ENCODED_SLASHES_DECODE);
  }
}

std::vector<Preset> PricedRows() {
  std::vector<Preset> rows = PresetRows();
  for (Preset& row : rows) row.prices = PricesOf(row.name);
  return rows;
}

}  // namespace

const std::vector<Preset>& Presets() {
  // Never destroyed: exchanges point to rows until the process ends.
  static const auto* const presets = new std::vector<Preset>(PricedRows());
  return *presets;
}

const Preset* FindPreset(std::string_view name) {
  for (const Preset& preset : Presets()) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

absl::StatusOr<EffectiveProvider> Resolve(const config::v1::Provider& provider) {
  const Preset* preset = FindPreset(provider.preset());
  if (preset == nullptr) {
    return absl::InvalidArgumentError(base::Cat(
        "preset \"", base::Escaped(provider.preset().substr(0, kShownBytes)), "\" does not exist"));
  }
  if (preset->base_url.empty() && provider.base_url().empty()) {
    return absl::InvalidArgumentError(
        base::Cat("base_url is required with preset \"", preset->name, "\""));
  }
  EffectiveProvider effective{provider, preset};
  config::v1::Provider* filled = &effective.provider;
  FillSwitches(filled);
  FillBaseUrl(*preset, filled);
  FillIfEmpty(preset->roots, filled->mutable_roots());
  FillIfEmpty(preset->auth, filled->mutable_auth());
  FillIfEmpty(preset->default_headers, filled->mutable_default_headers());
  FillIfEmpty(preset->rewrite_response_headers, filled->mutable_rewrite_response_headers());
  FillIfEmpty(preset->denied_endpoints, filled->mutable_denied_endpoints());
  filled->mutable_prices()->Add(preset->prices.begin(), preset->prices.end());
  return effective;
}

}  // namespace sluice::catalog
