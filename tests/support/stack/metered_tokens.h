// What a data plane has metered of a provider, by its metrics.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "tests/support/stack/metrics_page.h"

namespace sluice::test {

struct MeteredTokens {
  int64_t input = 0;
  int64_t output = 0;
  int64_t complete = 0;  // answers
  int64_t partial = 0;
  int64_t estimated = 0;
  int64_t unmetered = 0;

  int64_t answers() const { return complete + partial + estimated + unmetered; }
  bool operator==(const MeteredTokens&) const = default;
};

inline MeteredTokens MeteredOf(uint16_t ops_port, const std::string& provider) {
  const MetricsPage page = MetricsPage::Fetch(ops_port);
  const auto count = [&](std::string_view name, std::string_view label, std::string_view value) {
    return static_cast<int64_t>(
        page.Value("sluice_dataplane_metered_" + std::string(name) + "_total{provider=\"" +
                   provider + "\"," + std::string(label) + "=\"" + std::string(value) + "\"}"));
  };
  return {count("tokens", "kind", "input"),         count("tokens", "kind", "output"),
          count("answers", "quality", "complete"),  count("answers", "quality", "partial"),
          count("answers", "quality", "estimated"), count("answers", "quality", "unmetered")};
}

inline MeteredTokens operator-(const MeteredTokens& a, const MeteredTokens& b) {
  return {a.input - b.input,     a.output - b.output,       a.complete - b.complete,
          a.partial - b.partial, a.estimated - b.estimated, a.unmetered - b.unmetered};
}

inline std::ostream& operator<<(std::ostream& out, const MeteredTokens& metered) {
  return out << "in " << metered.input << " out " << metered.output << " complete "
             << metered.complete << " partial " << metered.partial << " estimated "
             << metered.estimated << " unmetered " << metered.unmetered;
}

}  // namespace sluice::test
