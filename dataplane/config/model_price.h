// What requests to a model cost: ModelPrice of config.proto, ready to be looked up. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::config {

// 1e-9 US dollars for each million of tokens; nothing: not known.
struct ModelPrice {
  // A glob as policy/glob.h has them, every slash of it a \x01: a model's name has no folders.
  std::string model;
  std::optional<int64_t> up_to_input_tokens = std::nullopt;
  std::optional<int64_t> input = std::nullopt;
  std::optional<int64_t> cached_input = std::nullopt;
  std::optional<int64_t> cache_write = std::nullopt;
  std::optional<int64_t> output = std::nullopt;
  std::optional<int64_t> reasoning = std::nullopt;
  std::optional<int64_t> request = std::nullopt;       // each
  std::optional<int64_t> audio_minute = std::nullopt;  // each
};

}  // namespace sluice::config
