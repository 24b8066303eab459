// The table of what the fleet must reach, with what was measured beside it. One thread.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace sluice::bench {

class Report {
 public:
  // `measured` in the unit of `limit`; it must be below. `detail`: what else was seen.
  void Add(std::string what, std::string target, double measured, double limit, std::string text,
           std::string detail);
  // Rows as Markdown.
  void Print(std::ostream& out) const;
  // Whether every target was reached.
  bool all_hold() const;

 private:
  struct Row {
    std::string what;
    std::string target;
    std::string text;
    std::string detail;
    bool holds;
  };
  std::vector<Row> rows_;
};

}  // namespace sluice::bench
