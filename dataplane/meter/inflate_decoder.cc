// gzip and deflate.
#include <zlib.h>

#include <algorithm>
#include <string>

#include "dataplane/meter/decoders.h"

namespace sluice::meter {
namespace {

// Of inflate with a window of 32 KiB, rounded up.
constexpr size_t kInflateBytes = 48 * 1024;
constexpr int kGzipBits = 16 + MAX_WBITS;
constexpr int kZlibBits = MAX_WBITS;
constexpr int kRawBits = -MAX_WBITS;

class InflateDecoder : public Decoder {
 public:
  ~InflateDecoder() override {
    if (ready_) inflateEnd(&stream_);
  }

 protected:
  using Decoder::Decoder;

  bool Begin(int window_bits) {
    ready_ = inflateInit2(&stream_, window_bits) == Z_OK;
    return ready_ && Hold(kInflateBytes);
  }
  // Of what follows the end: whether a next member may begin with it.
  virtual bool MayGoOn() { return false; }

  bool Run(std::string_view bytes, Take take) override {
    if (ended_) return true;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    char piece[kPieceBytes];
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece);
      stream_.avail_out = sizeof(piece);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (!Emit({piece, sizeof(piece) - stream_.avail_out}, take)) return false;
      if (result == Z_STREAM_END) {
        any_whole_ = true;
        ended_ = !MayGoOn();
        if (ended_) return true;
        if (inflateReset(&stream_) != Z_OK) return false;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        // What follows a whole one and is none itself is padding.
        ended_ = any_whole_;
        return ended_;
      }
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    return true;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
  bool any_whole_ = false;
  bool ended_ = false;
};

class GzipDecoder final : public InflateDecoder {
 public:
  explicit GzipDecoder(DecodingBudget& budget) : InflateDecoder(budget) {}
  bool Start() { return Begin(kGzipBits); }

 private:
  bool MayGoOn() override { return true; }
};

class DeflateDecoder final : public InflateDecoder {
 public:
  explicit DeflateDecoder(DecodingBudget& budget) : InflateDecoder(budget) {}

 private:
  static constexpr size_t kHeaderBytes = 2;

  bool Run(std::string_view bytes, Take take) override {
    if (begun_) return InflateDecoder::Run(bytes, take);
    const size_t wanted = std::min(kHeaderBytes - head_.size(), bytes.size());
    head_.append(bytes.substr(0, wanted));
    if (head_.size() < kHeaderBytes) return true;
    begun_ = true;
    return Begin(HasZlibHeader() ? kZlibBits : kRawBits) && InflateDecoder::Run(head_, take) &&
           InflateDecoder::Run(bytes.substr(wanted), take);
  }

  // RFC 1950, 2.2: the method is 8, and the two bytes are a multiple of 31.
  bool HasZlibHeader() const {
    const unsigned first = static_cast<unsigned char>(head_[0]);
    const unsigned second = static_cast<unsigned char>(head_[1]);
    return (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
  }

  std::string head_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Decoder> NewGzipDecoder(DecodingBudget& budget) {
  auto decoder = std::make_unique<GzipDecoder>(budget);
  if (!decoder->Start()) return nullptr;
  return decoder;
}

std::unique_ptr<Decoder> NewDeflateDecoder(DecodingBudget& budget) {
  return std::make_unique<DeflateDecoder>(budget);
}

}  // namespace sluice::meter
