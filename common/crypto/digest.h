// SHA-256 and random bytes, from OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::crypto {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(std::string_view bytes);
// 32 raw bytes, for protobuf `bytes` fields.
std::string Sha256Bytes(std::string_view bytes);

// From the system's generator. A failing generator ends the process: there is nothing safe to go on
// with.
std::string RandomBytes(size_t count);
// Lower-case letters a-z and digits 2-7, 5 bits each.
std::string RandomBase32(size_t characters);

}  // namespace sluice::crypto
