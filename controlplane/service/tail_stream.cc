#include "controlplane/service/tail_stream.h"

#include <exception>
#include <utility>

#include "common/wire/channel.h"
#include "controlplane/service/rpc_order.h"

namespace sluice::service {
namespace {

constexpr std::string_view kMethod = "/sluice.admin.v1.UsageService/Tail";

}  // namespace

void TailStream::Start(const grpc::CallbackServerContext& context) {
  BeforeOperation(this);
  auto caller = desk_.Admit(context, kMethod);
  if (!caller.ok()) return End(caller.status());
  if (!desk_.threads().Post([this] { Begin(); })) End(RpcDesk::Overloaded());
}

absl::StatusOr<std::shared_ptr<publish::TailWatch>> TailStream::Open() {
  try {
    auto wish = ops_.TailWishOf(request_);
    if (!wish.ok()) return wish.status();
    return hub_.StartTail({.filters = std::move(wish->filters),
                           .node = request_.node(),
                           .lines_per_second = wish->lines_per_second},
                          *this);
  } catch (const std::exception&) {
    return RpcDesk::Unexpected(kMethod);
  }
}

void TailStream::Begin() {
  auto watch = Open();
  if (!watch.ok()) return End(watch.status());
  const std::shared_ptr<publish::TailWatch> begun = *watch;
  {
    absl::MutexLock lock(&mutex_);
    watch_ = begun;
    begun_ = true;
    if (!over_.ok()) return FinishOnce(over_);
    BeforeOperation(this);
  }
  // From here on the call may end at any time, and this object with it; the watch then writes
  // nothing.
  begun->Begin();
}

void TailStream::End(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  begun_ = true;
  FinishOnce(status);
}

void TailStream::Write(admin::v1::TailResponse response) {
  absl::MutexLock lock(&mutex_);
  if (finished_) return;
  response_ = std::move(response);
  BeforeOperation(this);
  StartWrite(&response_);
}

void TailStream::Close(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (!begun_) {
    over_ = status;
    return;
  }
  FinishOnce(status);
}

void TailStream::OnWriteDone(bool ok) {
  AfterOperation(this);
  std::shared_ptr<publish::TailWatch> watch;
  {
    absl::MutexLock lock(&mutex_);
    if (!ok) return FinishOnce(absl::CancelledError("the caller has left"));
    watch = watch_;
  }
  watch->OnWriteDone();
}

void TailStream::OnCancel() {
  AfterOperation(this);
  Close(absl::CancelledError("the caller has left"));
}

void TailStream::FinishOnce(const absl::Status& status) {
  if (std::exchange(finished_, true)) return;
  const grpc::Status answer = wire::ToGrpcStatus(status);
  desk_.Count(kMethod, answer);
  BeforeOperation(this);
  Finish(answer);
}

void TailStream::OnDone() {
  AfterOperation(this);
  std::shared_ptr<publish::TailWatch> watch;
  {
    // Also lets whoever called Finish leave the lock.
    absl::MutexLock lock(&mutex_);
    watch = watch_;
  }
  if (watch != nullptr) hub_.EndTail(watch);
  delete this;
}

}  // namespace sluice::service
