// Globs of client keys: * is any run of bytes without a slash, ** any run, ? one byte that is no
// slash; everything else is itself.
#pragma once

#include <string_view>

namespace sluice::policy {

// Takes time in proportion to the product of the sizes at most, whatever they hold.
bool GlobMatches(std::string_view glob, std::string_view text);

}  // namespace sluice::policy
