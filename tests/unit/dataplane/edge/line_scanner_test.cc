#include "dataplane/edge/line_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::edge {
namespace {

LineScanner::Result ScanLine(const std::string& line) {
  LineScanner scanner;
  scanner.Restart();
  const std::string text = line + "\r\n";
  return scanner.Next(text);
}

TEST(LineScanner, FindsAControlCharacterWhereverItStands) {
  for (size_t size = 1; size < 40; ++size) {
    const std::string plain(size, 'x');
    EXPECT_EQ(ScanLine(plain), LineScanner::Result::kLine);
    for (size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        if (byte == '\n') continue;
        std::string line = plain;
        line[at] = static_cast<char>(byte);
        const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
        EXPECT_EQ(ScanLine(line) == LineScanner::Result::kBadByte, control)
            << byte << " at " << at << " of " << size;
      }
    }
  }
}

TEST(LineScanner, TabsBesideAControlCharacterHideNothing) {
  EXPECT_EQ(ScanLine("\t\t\t\t\t\t\t\t\t\t"), LineScanner::Result::kLine);
  EXPECT_EQ(ScanLine("\t\t\t\t\t\t\t\x01\t\t"), LineScanner::Result::kBadByte);
  EXPECT_EQ(ScanLine("\t\t\t\t\t\t\t\t\x7f"), LineScanner::Result::kBadByte);
}

}  // namespace
}  // namespace sluice::edge
