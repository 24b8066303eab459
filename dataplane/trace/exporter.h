// Brings spans to a collector of traces, by OTLP over HTTP with JSON: batches of what has gathered,
// on a thread of its own. What does not fit the queue, and what the collector does not take in
// several attempts, is dropped and counted; nothing ever waits for it.
//
// Take, Miss: any thread. Its log has a line a minute at most.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/secret.h"
#include "dataplane/observe/trace_state.h"
#include "dataplane/observe/trace_taker.h"
#include "dataplane/trace/collector.h"
#include "dataplane/trace/span_text.h"

namespace sluice::trace {

class Exporter final : public observe::TraceTaker {
 public:
  static constexpr size_t kMostWaiting = 4096;  // spans
  static constexpr size_t kMostInBatch = 512;   // spans
  static constexpr int kMostAttempts = 5;       // of a batch

  struct Options {
    std::string endpoint;  // scheme://host[:port][/path]
    std::vector<base::Secret> headers = {};
    Resource resource;
    absl::Duration gathering = absl::Seconds(1);    // longest that a span waits for others
    absl::Duration first_pause = absl::Seconds(1);  // after a failed attempt; doubles
    absl::Duration farewell = absl::Seconds(2);     // for what is left in the end
  };

  explicit Exporter(Options options);
  // Sends what is left, as long as the farewell lasts.
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  void Take(const observe::RequestRecord& record) override;
  void Miss(uint64_t requests) override;
  observe::TraceState state() const;

 private:
  using Batch = std::vector<std::string>;

  void Run();
  // Nothing: the end has come, and nothing is left.
  std::optional<Batch> NextBatch();
  void Deliver(const Batch& batch);
  // False: the end had come before, so that there is no time for another attempt.
  bool Pause(absl::Duration pause);
  bool TimeIsUp() const;
  void Taken(size_t spans);
  void Drop(size_t spans, uint64_t observe::TraceState::Dropped::*why);
  void Fail(std::string_view problem);

  const Options options_;
  Collector collector_;                           // the thread's
  std::optional<Collector::Time> complained_at_;  // the thread's

  mutable absl::Mutex mutex_;
  std::vector<std::string> queue_ ABSL_GUARDED_BY(mutex_);
  observe::TraceState state_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Collector::Time> end_ ABSL_GUARDED_BY(mutex_);  // once it is ending
  std::thread thread_;
};

}  // namespace sluice::trace
