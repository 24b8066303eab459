// JSON from strangers, read so that it has one meaning: one object, no member twice, not deep.
// Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

namespace sluice::wire {

// Nothing for what is no JSON object, or has a member twice, or goes deeper than 16 levels. The
// caller bounds the size.
std::optional<nlohmann::json> ParseStrictObject(std::string_view text);

}  // namespace sluice::wire
