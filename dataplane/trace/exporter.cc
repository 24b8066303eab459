#include "dataplane/trace/exporter.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/text.h"

namespace sluice::trace {
namespace {

using Dropped = observe::TraceState::Dropped;

constexpr std::chrono::minutes kQuiet{1};

}  // namespace

Exporter::Exporter(Options options)
    : options_(std::move(options)),
      collector_(options_.endpoint, options_.headers,
                 base::Cat("sluice-dataplane/", options_.resource.version)) {
  thread_ = std::thread([this] { Run(); });
}

Exporter::~Exporter() {
  const Collector::Time end =
      std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(options_.farewell);
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    end_ = end;
  }
  collector_.EndBy(end);
  thread_.join();
}

void Exporter::Take(const observe::RequestRecord& record) {
  std::vector<std::string> spans = SpanTexts(record, options_.resource.node);
  absl::MutexLock lock(&mutex_);
  if (queue_.size() + spans.size() > kMostWaiting) {
    state_.dropped.queue_full += spans.size();
    return;
  }
  std::move(spans.begin(), spans.end(), std::back_inserter(queue_));
}

void Exporter::Miss(uint64_t requests) {
  absl::MutexLock lock(&mutex_);
  state_.dropped.queue_full += requests;
}

observe::TraceState Exporter::state() const {
  absl::MutexLock lock(&mutex_);
  observe::TraceState state = state_;
  state.waiting += queue_.size();
  return state;
}

void Exporter::Run() {
  while (const std::optional<Batch> batch = NextBatch()) Deliver(*batch);
}

std::optional<Exporter::Batch> Exporter::NextBatch() {
  const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return ending_ || queue_.size() >= kMostInBatch;
  };
  absl::MutexLock lock(&mutex_);
  do {
    mutex_.AwaitWithTimeout(absl::Condition(&due), options_.gathering);
  } while (queue_.empty() && !ending_);
  if (queue_.empty()) return std::nullopt;
  const auto end = queue_.begin() + static_cast<ptrdiff_t>(std::min(queue_.size(), kMostInBatch));
  Batch batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  state_.waiting = batch.size();
  return batch;
}

void Exporter::Deliver(const Batch& batch) {
  const std::string body = ExportText(options_.resource, batch);
  absl::Duration pause = options_.first_pause;
  for (int attempt = 1;; ++attempt) {
    if (TimeIsUp()) return Drop(batch.size(), &Dropped::ending);
    const Collector::Answer answer = collector_.Post(body);
    if (answer.taken) return Taken(batch.size());
    Fail(answer.problem);
    if (!answer.again) return Drop(batch.size(), &Dropped::refused);
    if (attempt == kMostAttempts) return Drop(batch.size(), &Dropped::unreachable);
    if (!Pause(std::max(pause, absl::FromChrono(answer.wait)))) {
      return Drop(batch.size(), &Dropped::ending);
    }
    pause *= 2;
  }
}

bool Exporter::TimeIsUp() const {
  absl::MutexLock lock(&mutex_);
  return end_.has_value() && std::chrono::steady_clock::now() >= *end_;
}

bool Exporter::Pause(absl::Duration pause) {
  absl::MutexLock lock(&mutex_);
  if (end_.has_value()) return false;
  mutex_.AwaitWithTimeout(absl::Condition(&ending_), pause);
  return true;
}

void Exporter::Taken(size_t spans) {
  absl::MutexLock lock(&mutex_);
  state_.exported += spans;
  state_.waiting = 0;
}

void Exporter::Drop(size_t spans, uint64_t Dropped::*why) {
  absl::MutexLock lock(&mutex_);
  state_.dropped.*why += spans;
  state_.waiting = 0;
}

void Exporter::Fail(std::string_view problem) {
  {
    absl::MutexLock lock(&mutex_);
    ++state_.failures;
  }
  const auto now = std::chrono::steady_clock::now();
  if (complained_at_.has_value() && now - *complained_at_ < kQuiet) return;
  complained_at_ = now;
  spdlog::warn("traces are not exported to {}: {}", options_.endpoint, problem);
}

}  // namespace sluice::trace
