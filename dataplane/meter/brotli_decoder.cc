#include <brotli/decode.h>

#include <cstdlib>
#include <new>

#include "dataplane/meter/decoders.h"

namespace sluice::meter {
namespace {

// In front of each block that brotli is given; as large as the strictest alignment.
constexpr size_t kHeadBytes = alignof(std::max_align_t);
static_assert(kHeadBytes >= sizeof(size_t));

class BrotliDecoder final : public Decoder {
 public:
  explicit BrotliDecoder(DecodingBudget& budget)
      : Decoder(budget), state_(BrotliDecoderCreateInstance(&Allocate, &Free, this)) {}
  ~BrotliDecoder() override {
    if (state_ != nullptr) BrotliDecoderDestroyInstance(state_);
  }
  bool ready() const { return state_ != nullptr; }

 private:
  // Null, and brotli gives up, where the budget ends.
  static void* Allocate(void* self, size_t size) {
    auto* decoder = static_cast<BrotliDecoder*>(self);
    const size_t wanted = size + kHeadBytes;
    if (!decoder->Hold(decoder->memory() + wanted)) {
      decoder->Hold(decoder->memory() - wanted);
      return nullptr;
    }
    auto* block = static_cast<char*>(std::malloc(wanted));
    if (block == nullptr) {
      decoder->Hold(decoder->memory() - wanted);
      return nullptr;
    }
    new (block) size_t(wanted);
    return block + kHeadBytes;
  }
  static void Free(void* self, void* given) {
    if (given == nullptr) return;
    auto* decoder = static_cast<BrotliDecoder*>(self);
    char* block = static_cast<char*>(given) - kHeadBytes;
    decoder->Hold(decoder->memory() - *std::launder(reinterpret_cast<size_t*>(block)));
    std::free(block);
  }

  bool Run(std::string_view bytes, Take take) override {
    size_t left = bytes.size();
    auto* next = reinterpret_cast<const uint8_t*>(bytes.data());
    while (true) {
      size_t room = 0;
      const BrotliDecoderResult result =
          BrotliDecoderDecompressStream(state_, &left, &next, &room, nullptr, nullptr);
      while (BrotliDecoderHasMoreOutput(state_) == BROTLI_TRUE) {
        size_t size = kPieceBytes;
        const uint8_t* decoded = BrotliDecoderTakeOutput(state_, &size);
        if (!Emit({reinterpret_cast<const char*>(decoded), size}, take)) return false;
      }
      if (result == BROTLI_DECODER_RESULT_ERROR) return false;
      if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return true;
    }
  }

  BrotliDecoderState* const state_;
};

}  // namespace

std::unique_ptr<Decoder> NewBrotliDecoder(DecodingBudget& budget) {
  auto decoder = std::make_unique<BrotliDecoder>(budget);
  if (!decoder->ready()) return nullptr;
  return decoder;
}

}  // namespace sluice::meter
