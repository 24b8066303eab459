// Which failures of a long outage are worth a log line: the first, the first of another kind, and
// then one a minute. Pure, one thread.
#pragma once

#include <chrono>
#include <optional>

namespace sluice::link {

class OutageLog {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kEvery{60};

  // Whether the failure `kind` at `now` gets a line. Counts the line as written.
  bool Due(int kind, Time now);
  // The outage has ended: the next failure is a first one.
  void Over() { last_line_.reset(); }

 private:
  std::optional<Time> last_line_;
  int last_kind_ = 0;
};

}  // namespace sluice::link
