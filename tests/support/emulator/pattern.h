// Deterministic bytes that do not compress: byte n depends on the seed and n alone, so any piece
// can be made without those before it. What `size=N` and /emulator/blob send.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

namespace sluice::emulator {

inline uint64_t PatternWord(uint64_t seed, uint64_t index) {
  uint64_t z = (seed + 1) * 0xd1342543de82ef95ULL + (index + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Appends the pattern's bytes [at, at + count).
inline void AppendPattern(uint64_t seed, uint64_t at, size_t count, std::string& out) {
  size_t place = out.size();
  out.resize(place + count);
  while (count > 0) {
    const uint64_t word =
        PatternWord(seed, at / 8);  // little-endian hosts only, as the rest of Sluice
    const size_t skip = at % 8;
    const size_t take = std::min<size_t>(8 - skip, count);
    std::memcpy(&out[place], reinterpret_cast<const char*>(&word) + skip, take);
    place += take;
    at += take;
    count -= take;
  }
}

}  // namespace sluice::emulator
