#include "dataplane/link/fleet_stream.h"

#include <algorithm>
#include <utility>

#include "common/wire/channel.h"

namespace sluice::link {
namespace {

// What a completion is of: addresses serve as names.
char start_tag, read_tag, write_tag, finish_tag, wake_tag;

gpr_timespec MonotonicDeadline(FleetStream::Time deadline) {
  const auto wait =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(std::max<int64_t>(0, wait.count()), GPR_TIMESPAN));
}

}  // namespace

FleetStream::FleetStream(const std::shared_ptr<grpc::Channel>& channel, const base::Secret& token)
    : stub_(fleet::v1::Fleet::NewStub(channel)) {
  if (!token.empty()) wire::AttachToken(context_, token);
  stream_ = stub_->PrepareAsyncConnect(&context_, &queue_);
  stream_->StartCall(&start_tag);
}

FleetStream::~FleetStream() {
  Cancel();
  fleet::v1::ControlMessage ignored;
  while (Next(Time::max(), &ignored) != Event::kEnded) {
  }
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

FleetStream::Event FleetStream::Next(Time deadline, fleet::v1::ControlMessage* message) {
  const gpr_timespec until =
      deadline == Time::max() ? gpr_inf_future(GPR_CLOCK_MONOTONIC) : MonotonicDeadline(deadline);
  while (!ended_) {
    StartWhatIsDue();
    void* tag = nullptr;
    bool ok = false;
    if (queue_.AsyncNext(&tag, &ok, until) != grpc::CompletionQueue::GOT_EVENT) {
      return Event::kDeadline;
    }
    if (tag == &wake_tag) {
      absl::MutexLock lock(&wake_mutex_);
      waking_ = false;
      return Event::kWoken;
    }
    if (OnCompleted(tag, ok)) {
      *message = std::move(incoming_);
      return Event::kMessage;
    }
  }
  return Event::kEnded;
}

void FleetStream::Wake() {
  absl::MutexLock lock(&wake_mutex_);
  if (std::exchange(waking_, true)) return;
  alarm_.Set(&queue_, gpr_now(GPR_CLOCK_MONOTONIC), &wake_tag);
}

bool FleetStream::OnCompleted(void* tag, bool ok) {
  if (tag == &finish_tag) {
    ended_ = true;
    return false;
  }
  if (!ok) broken_ = true;
  if (tag == &start_tag) started_ = true;
  if (tag == &write_tag) {
    writing_ = false;
    outbox_.pop_front();
  }
  if (tag == &read_tag) {
    reading_ = false;
    return ok;
  }
  return false;
}

void FleetStream::StartWhatIsDue() {
  if (!started_ || finishing_) return;
  if (writing_ && std::chrono::steady_clock::now() - write_began_ > kWriteStall) Cancel();
  if (broken_) {
    if (reading_ || writing_) return;
    finishing_ = true;
    stream_->Finish(&status_, &finish_tag);
    return;
  }
  if (!outbox_.empty() && !writing_) {
    writing_ = true;
    write_began_ = std::chrono::steady_clock::now();
    stream_->Write(outbox_.front(), &write_tag);
  }
  if (outbox_.empty() && !reading_) {
    reading_ = true;
    stream_->Read(&incoming_, &read_tag);
  }
}

}  // namespace sluice::link
