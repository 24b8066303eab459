// Bodies as providers compress them.
#pragma once

#include <string>
#include <string_view>

namespace sluice::test {

std::string Gzip(std::string_view plain);
std::string Deflate(std::string_view plain);     // with the header of zlib
std::string RawDeflate(std::string_view plain);  // without
// `window_bits`: 10 to 24.
std::string Brotli(std::string_view plain, int window_bits = 22);
// `window_bits`: 10 to 27.
std::string Zstd(std::string_view plain, int window_bits = 21);

// By the name that Content-Encoding has for it; "" leaves it plain.
std::string Compressed(std::string_view coding, std::string_view plain);

}  // namespace sluice::test
