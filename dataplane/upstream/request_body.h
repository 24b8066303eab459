// Bytes of a request body between the client that sends them and the provider that takes them.
// Bounded by the flow it asks for: after kFull the producer adds nothing until the level has fallen
// to `low`. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/level.h"
#include "dataplane/http/handler.h"

namespace sluice::upstream {

class RequestBody {
 public:
  // What waits, of all bodies of a worker, is added up in `level`.
  explicit RequestBody(base::Level& level) : level_(level) {}
  ~RequestBody() { Clear(); }
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;

  void Start(size_t high, size_t low);
  // Releases the memory of a large body, keeps that of a small one.
  void Clear();
  // Of a body that was taken to its end: its memory.
  void Release() { std::string().swap(bytes_); }

  http::Flow Append(std::string_view bytes);
  void End() { ended_ = true; }

  // Forgets `size` bytes, which wait.
  void Drop(size_t size);
  // True once after kFull, when the level has fallen to `low`.
  bool TakeDrained();

  size_t size() const { return bytes_.size() - taken_; }
  bool empty() const { return size() == 0; }
  bool ended() const { return ended_; }
  // What waits, in one piece; valid until the next Append, Drop or Clear.
  std::string_view view() const { return std::string_view(bytes_).substr(taken_); }

 private:
  base::Level& level_;
  std::string bytes_;
  size_t taken_ = 0;
  size_t high_ = 0;
  size_t low_ = 0;
  bool full_ = false;
  bool ended_ = false;
};

}  // namespace sluice::upstream
