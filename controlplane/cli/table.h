// Aligned columns for people, readable at 80 columns: what is longer in the last column goes on
// below itself. What came from elsewhere cannot steer the terminal: control characters are shown as
// "?", line ends as a space. Pure.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

// `text` on one line, without control characters.
std::string Printable(std::string_view text);

class Table {
 public:
  // An empty header row is not printed.
  explicit Table(std::vector<std::string> header) : columns_(header.size()) {
    rows_.push_back(std::move(header));
  }
  // From this column on, numbers: at the right of theirs.
  void AlignRightFrom(size_t column) { first_right_ = column; }
  // As many cells as the header has.
  void AddRow(std::vector<std::string> cells);
  void Print(std::ostream& out) const;

 private:
  std::vector<size_t> Widths() const;

  size_t columns_;
  size_t first_right_ = static_cast<size_t>(-1);
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace sluice::cli
