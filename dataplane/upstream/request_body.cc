#include "dataplane/upstream/request_body.h"

namespace sluice::upstream {
namespace {
// A pooled transfer keeps this much; most requests fit.
constexpr size_t kKeptBytes = 4096;
}  // namespace

void RequestBody::Start(size_t high, size_t low) {
  high_ = high;
  low_ = low;
}

void RequestBody::Clear() {
  level_.Add(-static_cast<int64_t>(size()));
  if (bytes_.capacity() > kKeptBytes) {
    std::string().swap(bytes_);
  } else {
    bytes_.clear();
  }
  taken_ = 0;
  full_ = false;
  ended_ = false;
}

http::Flow RequestBody::Append(std::string_view bytes) {
  if (taken_ > 0 && taken_ >= bytes_.size() - taken_) {
    bytes_.erase(0, taken_);
    taken_ = 0;
  }
  bytes_.append(bytes);
  level_.Add(static_cast<int64_t>(bytes.size()));
  if (size() < high_) return http::Flow::kMore;
  full_ = true;
  return http::Flow::kFull;
}

void RequestBody::Drop(size_t size) {
  taken_ += size;
  level_.Add(-static_cast<int64_t>(size));
  if (taken_ < bytes_.size()) return;
  bytes_.clear();
  taken_ = 0;
}

bool RequestBody::TakeDrained() {
  if (!full_ || size() > low_) return false;
  full_ = false;
  return true;
}

}  // namespace sluice::upstream
