#include "tests/bench/fleet/report.h"

#include <algorithm>
#include <utility>

namespace sluice::bench {

void Report::Add(std::string what, std::string target, double measured, double limit,
                 std::string text, std::string detail) {
  rows_.push_back(
      {std::move(what), std::move(target), std::move(text), std::move(detail), measured < limit});
}

void Report::Print(std::ostream& out) const {
  out << "| | target | measured | | |\n|---|---|---|---|---|\n";
  for (const Row& row : rows_) {
    out << "| " << row.what << " | " << row.target << " | " << row.text << " | "
        << (row.holds ? "holds" : "MISSED") << " | " << row.detail << " |\n";
  }
}

bool Report::all_hold() const {
  return std::all_of(rows_.begin(), rows_.end(), [](const Row& row) { return row.holds; });
}

}  // namespace sluice::bench
