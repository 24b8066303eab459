// What a request cost, by its provider's prices. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dataplane/config/model_price.h"
#include "dataplane/meter/usage.h"

namespace sluice::proxy {

// In 1e-9 US dollars: as the provider says, else by the first of `prices` that fits `model` and the
// size of its input. Nothing if a part of it has no price, or what was used is not known. Of an
// answer that is metered.
std::optional<int64_t> CostOf(const std::vector<config::ModelPrice>& prices, std::string_view model,
                              const meter::Usage& usage);

}  // namespace sluice::proxy
