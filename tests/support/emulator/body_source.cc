#include "tests/support/emulator/body_source.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>

#include "tests/support/emulator/pattern.h"

namespace sluice::emulator {

bool TextSource::Next(std::string& out) {
  if (at_ == text_->size()) return false;
  const size_t take = std::min(piece_bytes_, text_->size() - at_);
  out.append(*text_, at_, take);
  at_ += take;
  return true;
}

bool PatternSource::Next(std::string& out) {
  if (at_ == size_) return false;
  const size_t take = std::min<uint64_t>(piece_bytes_, size_ - at_);
  AppendPattern(seed_, at_, take, out);
  at_ += take;
  return true;
}

GzipSource::GzipSource(std::unique_ptr<BodySource> plain)
    : plain_(std::move(plain)), stream_(new z_stream_s{}) {
  constexpr int kGzipWindow = 15 + 16;
  const int level = Z_BEST_SPEED;
  // Fails only without memory.
  if (deflateInit2(stream_.get(), level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    abort();
}

GzipSource::~GzipSource() { deflateEnd(stream_.get()); }

bool GzipSource::Next(std::string& out) {
  if (finished_) return false;
  std::string piece;
  finished_ = !plain_->Next(piece);
  Deflate(piece, finished_ ? Z_FINISH : Z_SYNC_FLUSH, out);
  return true;
}

void GzipSource::Deflate(const std::string& piece, int flush, std::string& out) {
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  stream_->avail_in = static_cast<uInt>(piece.size());
  char buffer[4096];
  do {
    stream_->next_out = reinterpret_cast<Bytef*>(buffer);
    stream_->avail_out = sizeof buffer;
    deflate(stream_.get(), flush);
    out.append(buffer, sizeof buffer - stream_->avail_out);
  } while (stream_->avail_out == 0);
}

std::string Gzip(const std::string& plain) {
  auto text = std::make_shared<const std::string>(plain);
  GzipSource source(std::make_unique<TextSource>(std::move(text), plain.size() + 1));
  std::string zipped;
  while (source.Next(zipped)) {
  }
  return zipped;
}

}  // namespace sluice::emulator
