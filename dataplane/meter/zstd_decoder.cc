#include <zstd.h>

#include "dataplane/meter/decoders.h"

namespace sluice::meter {
namespace {

constexpr int kWindowBits = 23;  // 8 MiB: what RFC 9659 lets senders use

class ZstdDecoder final : public Decoder {
 public:
  explicit ZstdDecoder(DecodingBudget& budget) : Decoder(budget), context_(ZSTD_createDCtx()) {}
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }

  bool Start() {
    return context_ != nullptr &&
           ZSTD_isError(ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kWindowBits)) == 0 &&
           Hold(ZSTD_sizeof_DCtx(context_));
  }

 private:
  // Frames may follow each other.
  bool Run(std::string_view bytes, Take take) override {
    ZSTD_inBuffer in = {bytes.data(), bytes.size(), 0};
    char piece[kPieceBytes];
    ZSTD_outBuffer out = {piece, sizeof(piece), 0};
    do {
      out.pos = 0;
      const size_t result = ZSTD_decompressStream(context_, &out, &in);
      if (ZSTD_isError(result) != 0 || !Hold(ZSTD_sizeof_DCtx(context_))) return false;
      if (!Emit({piece, out.pos}, take)) return false;
    } while (in.pos < in.size || out.pos == out.size);
    return true;
  }

  ZSTD_DCtx* const context_;
};

}  // namespace

std::unique_ptr<Decoder> NewZstdDecoder(DecodingBudget& budget) {
  auto decoder = std::make_unique<ZstdDecoder>(budget);
  if (!decoder->Start()) return nullptr;
  return decoder;
}

}  // namespace sluice::meter
