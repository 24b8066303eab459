#include "controlplane/service/wait_stream.h"

#include <exception>
#include <utility>

#include "common/base/text.h"
#include "common/wire/channel.h"

namespace sluice::service {
namespace {

constexpr std::string_view kMethod = "/sluice.admin.v1.NodeService/WaitForRevision";

}  // namespace

void WaitStream::Start(const grpc::CallbackServerContext& context) {
  auto caller = desk_.Admit(context, kMethod);
  if (!caller.ok()) return End(caller.status());
  if (!desk_.threads().Post([this] { Begin(); })) End(RpcDesk::Overloaded());
}

absl::Status WaitStream::CheckRevision() {
  auto newest = ops_.NewestRevision();
  if (!newest.ok()) return newest.status();
  if (revision_ >= 0 && revision_ <= *newest) return absl::OkStatus();
  return absl::InvalidArgumentError(
      base::Cat("there is no revision ", revision_, ": the newest is ", *newest));
}

void WaitStream::Begin() {
  absl::Status status;
  try {
    status = CheckRevision();
  } catch (const std::exception&) {
    status = RpcDesk::Unexpected(kMethod);
  }
  if (!status.ok()) return End(status);
  const auto wait = nodes_.Wait(revision_, *this);
  {
    absl::MutexLock lock(&mutex_);
    wait_ = wait;
    begun_ = true;
    if (cancelled_) return FinishOnce(absl::CancelledError("the caller has left"));
  }
  // From here on the call may end at any time, and this object with it.
  wait->Announce();
}

void WaitStream::End(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  begun_ = true;
  FinishOnce(status);
}

void WaitStream::OnProgress(const admin::v1::WaitProgress& progress, bool last) {
  absl::MutexLock lock(&mutex_);
  pending_ = progress;
  last_ = last;
  Push();
}

void WaitStream::Push() {
  if (finished_ || writing_ || !pending_.has_value()) return;
  writing_message_ = *std::move(pending_);
  pending_.reset();
  writing_ = true;
  StartWrite(&writing_message_);
}

void WaitStream::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  if (!ok) return FinishOnce(absl::CancelledError("the caller has left"));
  if (pending_.has_value()) return Push();
  if (last_) FinishOnce(absl::OkStatus());
}

void WaitStream::OnCancel() {
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  if (begun_) FinishOnce(absl::CancelledError("the caller has left"));
}

void WaitStream::FinishOnce(const absl::Status& status) {
  if (std::exchange(finished_, true)) return;
  const grpc::Status answer = wire::ToGrpcStatus(status);
  desk_.Count(kMethod, answer);
  Finish(answer);
}

void WaitStream::OnDone() {
  std::shared_ptr<publish::RevisionWait> wait;
  {
    // Also lets whoever called Finish leave the lock.
    absl::MutexLock lock(&mutex_);
    wait = wait_;
  }
  if (wait != nullptr) nodes_.Forget(wait);
  delete this;
}

}  // namespace sluice::service
