#include "tests/support/stack/metrics_page.h"

#include <cstdlib>

#include "tests/support/http_reader.h"

namespace sluice::test {

MetricsPage MetricsPage::Fetch(uint16_t ops_port) {
  MetricsPage page;
  auto answer = test::Fetch(ops_port, "GET", "/metrics");
  if (answer.ok()) page.text_ = "\n" + answer->body;
  return page;
}

double MetricsPage::Value(std::string_view series) const {
  const std::string line = "\n" + std::string(series) + " ";
  const size_t at = text_.find(line);
  return at == std::string::npos ? 0 : std::strtod(text_.c_str() + at + line.size(), nullptr);
}

}  // namespace sluice::test
