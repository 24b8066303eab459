// Walks the lines of a head, of a chunk header or of a trailer section in a buffer that grows.
//
// It is the first of two opinions on framing (the other is Boost.Beast's): a line ends with CR LF
// and holds no other CR, LF, NUL or control character, tab excepted. Whoever uses it hands only
// complete sections on to the parser.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::edge {

class LineScanner {
 public:
  enum class Result { kNeedMore, kLine, kBadByte };

  // `bytes` starts at the same byte at each call until Restart, and never gets shorter.
  Result Next(std::string_view bytes);
  // The line that Next found, without CR LF; a view into its argument.
  std::string_view line() const { return line_; }
  // Where the next line starts, behind a bad one too.
  size_t end() const { return end_; }
  void Restart() { *this = LineScanner(); }

 private:
  std::string_view line_;
  size_t end_ = 0;
  size_t searched_ = 0;  // no LF between end_ and here
};

}  // namespace sluice::edge
