// One configuration, one byte string, one hash: how both planes know that they have the same.
#pragma once

#include <string>

#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

// Sorts the lists (providers by name, keys by id).
void Canonicalise(config::v1::Configuration* configuration);
// Deterministic serialisation; `configuration` must be canonical.
std::string SerializeCanonical(const config::v1::Configuration& configuration);
// SHA-256 of that serialisation, 32 raw bytes.
std::string HashOf(const std::string& canonical_bytes);

}  // namespace sluice::wire
