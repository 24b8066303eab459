// The world that all tests of the program share, because a stack takes seconds to start.
#pragma once

#include "tests/integration/conformance/world.h"

namespace sluice::test {

// Made before the first test; null if that failed, which has been reported then.
World* SharedWorld();

}  // namespace sluice::test
