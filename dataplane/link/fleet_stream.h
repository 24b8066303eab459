// One Fleet/Connect stream as a plain conversation: send, and wait for what comes.
//
// One thread, except Cancel() and Wake(). gRPC's own threads do not call into it. The destructor
// ends the call and returns at once.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <deque>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/secret.h"
#include "sluice/fleet/v1/fleet.grpc.pb.h"

namespace sluice::link {

class FleetStream {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Event { kMessage, kDeadline, kWoken, kEnded };
  // A control plane that takes nothing for so long ends the stream.
  static constexpr std::chrono::seconds kWriteStall{30};

  // Starts to connect; does not wait for it. `token`: empty if the channel shows a certificate.
  FleetStream(const std::shared_ptr<grpc::Channel>& channel, const base::Secret& token);
  ~FleetStream();
  FleetStream(const FleetStream&) = delete;
  FleetStream& operator=(const FleetStream&) = delete;

  // Queued; sent while Next() waits. While something is queued nothing is read, so a control plane
  // that does not read its answers gets no more of them written.
  void Send(fleet::v1::NodeMessage message) { outbox_.push_back(std::move(message)); }
  size_t unsent() const { return outbox_.size(); }

  // Waits for a message, for `deadline`, for a Wake, or for the end.
  Event Next(Time deadline, fleet::v1::ControlMessage* message);
  // After kEnded.
  const grpc::Status& status() const { return status_; }

  // Any thread, any time: Next() returns kEnded soon.
  void Cancel() { context_.TryCancel(); }
  // Any thread, before the destructor begins: Next() returns kWoken soon, once for all calls
  // before.
  void Wake();

 private:
  // True if a message has come.
  bool OnCompleted(void* tag, bool ok);
  void StartWhatIsDue();

  grpc::CompletionQueue queue_;
  absl::Mutex wake_mutex_;
  bool waking_ ABSL_GUARDED_BY(wake_mutex_) = false;  // the alarm is set, and has not come
  grpc::Alarm alarm_ ABSL_GUARDED_BY(wake_mutex_);
  grpc::ClientContext context_;
  std::unique_ptr<fleet::v1::Fleet::Stub> stub_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<fleet::v1::NodeMessage, fleet::v1::ControlMessage>>
      stream_;
  std::deque<fleet::v1::NodeMessage> outbox_;
  fleet::v1::ControlMessage incoming_;
  grpc::Status status_;
  Time write_began_{};
  bool started_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool broken_ = false;     // no further read or write can succeed
  bool finishing_ = false;  // the status was asked for
  bool ended_ = false;
};

}  // namespace sluice::link
