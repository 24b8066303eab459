// The kinds of Decoder. Each is null if its library has no memory left. Internal to the meter.
#pragma once

#include <memory>

#include "dataplane/meter/decoder.h"

namespace sluice::meter {

// A window of 32 KiB.
std::unique_ptr<Decoder> NewGzipDecoder(DecodingBudget& budget);
// With the header of zlib or, as some send it, without.
std::unique_ptr<Decoder> NewDeflateDecoder(DecodingBudget& budget);
// A window of at most 16 MiB, of which it holds as much as there has been output.
std::unique_ptr<Decoder> NewBrotliDecoder(DecodingBudget& budget);
// A window of at most 8 MiB (RFC 9659).
std::unique_ptr<Decoder> NewZstdDecoder(DecodingBudget& budget);

}  // namespace sluice::meter
