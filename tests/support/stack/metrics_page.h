// One scrape of a server's metrics.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::test {

class MetricsPage {
 public:
  // Empty, and a failure of the test is up to who misses something, if the page does not come.
  static MetricsPage Fetch(uint16_t ops_port);

  // The value of `series`, as it is written: `name{label="value",...}`; 0 if it is not there.
  double Value(std::string_view series) const;

 private:
  std::string text_;
};

}  // namespace sluice::test
