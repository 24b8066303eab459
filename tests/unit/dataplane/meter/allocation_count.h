// How often this program has allocated so far.
#pragma once

#include <cstddef>

namespace sluice::meter {

size_t Allocations();

}  // namespace sluice::meter
