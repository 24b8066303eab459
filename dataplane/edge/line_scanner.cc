#include "dataplane/edge/line_scanner.h"

#include <algorithm>

namespace sluice::edge {
namespace {

bool HasControl(std::string_view line) {
  bool found = false;
  for (char c : line) {
    const unsigned char byte = static_cast<unsigned char>(c);
    found |= (byte < 0x20 && byte != '\t') || byte == 0x7f;
  }
  return found;
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
