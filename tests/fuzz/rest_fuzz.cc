// How long a provider says that a key should rest: whatever its headers hold, the advice is within
// its bounds, and a body that is looked at is only looked at.
//
// Input: lines "Name: value", one header each; what has no colon is a body.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.h"
#include "dataplane/guard/key_verdict.h"
#include "dataplane/guard/rest_advice.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  std::string_view text(reinterpret_cast<const char*>(data), size);
  http::HeaderList headers;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
    const size_t colon = line.find(": ");
    if (colon == std::string_view::npos) {
      guard::NamesInsufficientQuota(line);
    } else {
      headers.Add(line.substr(0, colon), line.substr(colon + 2));
    }
  }
  if (const auto advice = guard::ReadRestAdvice(headers, now)) {
    SLUICE_CHECK(advice->rest > absl::ZeroDuration(), "a rest of no time");
    SLUICE_CHECK(advice->rest <= guard::kLongestRest, "a rest of more than an hour");
    SLUICE_CHECK(!advice->source.empty(), "a rest that nobody asked for");
  }
  return 0;
}
