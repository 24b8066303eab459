// The last requests and connections, as /emulator/requests and /emulator/connections tell them.
// Thread-safe. Times are milliseconds since the program's start, of a clock that never steps;
// negative: has not happened.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "nlohmann/json.hpp"
#include "tests/support/emulator/body_decoder.h"
#include "tests/support/emulator/message.h"

namespace sluice::emulator {

using Json = nlohmann::ordered_json;

struct RequestRecord {
  static constexpr size_t kRawBodyKept = 64 << 10;

  uint64_t id = 0;
  uint64_t connection = 0;
  RequestHead head;
  std::vector<std::string> flags;
  std::string preset;
  std::string shape;
  std::string auth_header;
  std::string key_tail;
  bool auth_ok = true;

  Framing framing = Framing::kNone;
  std::vector<uint64_t> chunk_sizes;
  std::vector<Field> trailers;
  std::string raw_body;  // the first bytes as they came, framing and all
  std::string body_sha256;
  uint64_t body_bytes = 0;
  bool complete = false;

  int answer_status = 0;  // 0: none was begun
  uint64_t answer_bytes = 0;
  std::string answer_end = "open";  // whole, cut, reset, stalled, client_gone

  double head_ms = -1;
  double body_ms = -1;
  double answer_ms = -1;      // its first byte was written
  double answer_end_ms = -1;  // its last
  double client_closed_ms = -1;
};

struct ConnectionRecord {
  uint64_t id = 0;
  std::string state = "idle";  // idle, head, body, answering, stalled, closing, closed
  uint64_t requests = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  double opened_ms = 0;
  double client_closed_ms = -1;  // the peer's FIN or RST was seen
  bool client_reset = false;
  double closed_ms = -1;
};

class RequestLog {
 public:
  // Keeps the last `kept` requests and as many closed connections.
  explicit RequestLog(size_t kept) : kept_(kept) {}

  double NowMs() const;

  // Ids count from 1.
  std::shared_ptr<ConnectionRecord> AddConnection();
  std::shared_ptr<RequestRecord> AddRequest(RequestRecord record);
  // All changes of a record go through here.
  void Update(const std::function<void()>& change);
  void CloseConnection(const std::shared_ptr<ConnectionRecord>& connection);

  // `last`: at most that many, the newest ones. `path`: only targets that contain it.
  Json Requests(size_t last, const std::string& path) const;
  std::optional<Json> Request(uint64_t id) const;
  void ForgetRequests();
  Json Connections() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  const size_t kept_;
  const Time start_ = std::chrono::steady_clock::now();
  mutable absl::Mutex mutex_;
  std::deque<std::shared_ptr<RequestRecord>> requests_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<ConnectionRecord>> closed_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<ConnectionRecord>> open_ ABSL_GUARDED_BY(mutex_);
  uint64_t request_count_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t connection_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::emulator
