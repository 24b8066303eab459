// What an answer used, in the same terms whatever the provider's words are. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::meter {

enum class Quality {
  kComplete,   // as the provider counted it, the answer to its end
  kPartial,    // the answer was cut, or could not be read to its end: at least this
  kEstimated,  // the provider tells a sum alone; all of it stands as input
  kUnmetered,  // nothing was told, or nothing that can be read
};

struct Usage {
  int64_t input = 0;        // tokens, those from and to a cache included
  int64_t output = 0;       // tokens, those of reasoning included
  int64_t cached = 0;       // of the input: read from a cache
  int64_t cache_write = 0;  // of the input: written to one
  int64_t reasoning = 0;    // of the output
  int64_t total = 0;        // as the provider says it, else input and output
  int64_t audio_ms = 0;     // that the provider says it heard
  // What the provider says that it costs, in 1e-9 US dollars.
  std::optional<int64_t> cost_nanos = std::nullopt;
  std::string model = {};  // as the answer names it; empty: it does not
  Quality quality = Quality::kUnmetered;

  bool operator==(const Usage&) const = default;
};

}  // namespace sluice::meter
