// One provider of a Configuration as requests use it: the preset's values filled in, the settings'
// where the provider says nothing. Pure.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "dataplane/config/snapshot.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {

// Without keys and guards. `settings` has every field (wire::WithDefaults). InvalidArgument if the
// preset is unknown or the base URL is missing or wrong.
absl::StatusOr<std::unique_ptr<ProviderEntry>> BuildProviderEntry(const v1::Provider& provider,
                                                                  const v1::Settings& settings);

// Rounded to the nearest millisecond below.
std::chrono::milliseconds ToMillis(const google::protobuf::Duration& duration);

}  // namespace sluice::config
