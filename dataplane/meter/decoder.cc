#include "dataplane/meter/decoder.h"

#include <algorithm>

#include "dataplane/meter/decoders.h"

namespace sluice::meter {

std::unique_ptr<Decoder> Decoder::For(Coding coding, DecodingBudget& budget) {
  switch (coding) {
    case Coding::kIdentity:
    case Coding::kUnknown:
      break;
    case Coding::kGzip:
      return NewGzipDecoder(budget);
    case Coding::kDeflate:
      return NewDeflateDecoder(budget);
    case Coding::kBrotli:
      return NewBrotliDecoder(budget);
    case Coding::kZstd:
      return NewZstdDecoder(budget);
  }
  return nullptr;
}

Decoder::~Decoder() { Hold(0); }

bool Decoder::Decode(std::string_view bytes, Take take) {
  if (bytes.empty()) return true;
  in_ += bytes.size();
  return Run(bytes, take);
}

bool Decoder::Emit(std::string_view decoded, Take take) {
  out_ += decoded.size();
  if (out_ > std::min(kMostBytes, kFreeBytes + kMostRatio * in_)) return false;
  if (!decoded.empty()) take(decoded);
  return true;
}

bool Decoder::Hold(size_t bytes) {
  budget_.used += bytes;
  budget_.used -= held_;
  held_ = bytes;
  if (budget_.shown != nullptr) budget_.shown->Set(static_cast<int64_t>(budget_.used));
  return budget_.used <= budget_.limit;
}

}  // namespace sluice::meter
