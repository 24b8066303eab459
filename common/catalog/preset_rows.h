// The data behind Presets(): one row a provider, in the order of the documentation.
#pragma once

#include <vector>

#include "common/catalog/preset.h"

namespace sluice::catalog {

std::vector<Preset> PresetRows();

}  // namespace sluice::catalog
