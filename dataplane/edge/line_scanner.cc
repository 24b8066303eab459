#include "dataplane/edge/line_scanner.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace sluice::edge {
namespace {

bool IsControl(char c) {
  const unsigned char byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

constexpr uint64_t Each(uint8_t byte) { return 0x0101010101010101U * byte; }

// Whether one of eight bytes may be one: true of a tab, too.
bool MayHaveControl(uint64_t eight) {
  const uint64_t below_space = (eight - Each(0x20)) & ~eight;
  const uint64_t without_delete = eight ^ Each(0x7f);
  const uint64_t is_delete = (without_delete - Each(1)) & ~without_delete;
  return ((below_space | is_delete) & Each(0x80)) != 0;
}

bool HasControl(std::string_view line) {
  while (line.size() >= sizeof(uint64_t)) {
    uint64_t eight = 0;
    std::memcpy(&eight, line.data(), sizeof(eight));
    if (MayHaveControl(eight) &&
        std::any_of(line.begin(), line.begin() + sizeof(eight), IsControl)) {
      return true;
    }
    line.remove_prefix(sizeof(eight));
  }
  return std::any_of(line.begin(), line.end(), IsControl);
}

}  // namespace

LineScanner::Result LineScanner::Next(std::string_view bytes) {
  const size_t line_feed = bytes.find('\n', std::max(searched_, end_));
  if (line_feed == std::string_view::npos) {
    searched_ = bytes.size();
    return Result::kNeedMore;
  }
  const size_t begin = end_;
  end_ = line_feed + 1;
  if (line_feed == begin || bytes[line_feed - 1] != '\r') return Result::kBadByte;
  line_ = bytes.substr(begin, line_feed - 1 - begin);
  return HasControl(line_) ? Result::kBadByte : Result::kLine;
}

}  // namespace sluice::edge
