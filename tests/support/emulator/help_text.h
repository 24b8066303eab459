// What `sluice-emulator --help` says after the flags.
#pragma once

#include <string_view>

namespace sluice::emulator {

extern const std::string_view kHelpText;

}  // namespace sluice::emulator
