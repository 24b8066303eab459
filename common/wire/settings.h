// Settings with their defaults.
#pragma once

#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

// Every field set to its documented default.
config::v1::Settings DefaultSettings();
// `settings` with each absent field (of `timeouts` too) taken from the defaults.
config::v1::Settings WithDefaults(const config::v1::Settings& settings);

}  // namespace sluice::wire
