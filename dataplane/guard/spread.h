// Spreads names and numbers evenly, and the same way on every node and in every release. Pure; not
// for secrets.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::guard {

constexpr uint64_t SpreadMix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

constexpr uint64_t SpreadHash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return SpreadMix(hash);
}

}  // namespace sluice::guard
