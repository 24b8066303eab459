// Runs one case one way, and reports every difference as a failure of the test at hand.
#pragma once

#include "tests/integration/conformance/case.h"
#include "tests/integration/conformance/world.h"

namespace sluice::test {

enum class Way {
  kWhole,
  kFragmented,  // client and provider send byte by byte
  kPipelined,   // in one write behind an ordinary request, whose answer must be right too
};

// Why `test` is not run that way; empty: it is.
std::string ReasonAgainst(const Case& test, Way way);

void RunCase(World& world, const Case& test, Way way);

}  // namespace sluice::test
