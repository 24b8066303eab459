#include "tests/support/compression.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <cstdlib>

namespace sluice::test {
namespace {

constexpr int kMemoryLevel = 8;

std::string Zlib(std::string_view plain, int window_bits) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    std::abort();
  }
  std::string packed(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

std::string Gzip(std::string_view plain) { return Zlib(plain, 16 + MAX_WBITS); }
std::string Deflate(std::string_view plain) { return Zlib(plain, MAX_WBITS); }
std::string RawDeflate(std::string_view plain) { return Zlib(plain, -MAX_WBITS); }

std::string Brotli(std::string_view plain, int window_bits) {
  std::string packed(BrotliEncoderMaxCompressedSize(plain.size()) + 64, '\0');
  size_t size = packed.size();
  if (BrotliEncoderCompress(5, window_bits, BROTLI_MODE_GENERIC, plain.size(),
                            reinterpret_cast<const uint8_t*>(plain.data()), &size,
                            reinterpret_cast<uint8_t*>(packed.data())) != BROTLI_TRUE) {
    std::abort();
  }
  packed.resize(size);
  return packed;
}

// As a stream: its window is told, and not only its size.
std::string Zstd(std::string_view plain, int window_bits) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_bits);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string packed(ZSTD_compressBound(plain.size()) + 64, '\0');
  ZSTD_inBuffer in = {plain.data(), plain.size(), 0};
  ZSTD_outBuffer out = {packed.data(), packed.size(), 0};
  // Two steps, so that the size is not known when the head is written.
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);
  if (ZSTD_compressStream2(context, &out, &in, ZSTD_e_end) != 0) std::abort();
  ZSTD_freeCCtx(context);
  packed.resize(out.pos);
  return packed;
}

std::string Compressed(std::string_view coding, std::string_view plain) {
  if (coding == "gzip") return Gzip(plain);
  if (coding == "deflate") return Deflate(plain);
  if (coding == "br") return Brotli(plain);
  if (coding == "zstd") return Zstd(plain);
  return std::string(plain);
}

}  // namespace sluice::test
