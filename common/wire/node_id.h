// How a node may be called: what the control plane accepts as an id. Pure.
#pragma once

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"

namespace sluice::wire {

inline constexpr char kNodeIdRule[] = "1 to 128 of A-Z a-z 0-9 - _ . :";

inline bool IsNodeId(std::string_view text) {
  constexpr size_t kMaxBytes = 128;
  return !text.empty() && text.size() <= kMaxBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == ':';
         });
}

}  // namespace sluice::wire
