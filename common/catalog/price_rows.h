// List prices of the presets' models: data, looked up on one day. What is not here costs an unknown
// amount, until the operator says what it does (`sluicectl price set`).
#pragma once

#include <string_view>
#include <vector>

#include "sluice/config/v1/config.pb.h"

namespace sluice::catalog {

// The day on which the rows were looked up, YYYY-MM-DD.
inline constexpr std::string_view kPricesAsOf = "2026-08-05";

// In the order in which they are tried. Empty if none are known.
std::vector<config::v1::ModelPrice> PricesOf(std::string_view preset);

}  // namespace sluice::catalog
