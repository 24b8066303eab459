#include "controlplane/service/rotation_stream.h"

#include <exception>
#include <utility>

#include "common/wire/channel.h"
#include "controlplane/service/rpc_order.h"

namespace sluice::service {
namespace {

constexpr std::string_view kMethod = "/sluice.admin.v1.SecretService/RotateMasterKey";

}  // namespace

void RotationStream::Start(const grpc::CallbackServerContext& context) {
  BeforeOperation(this);
  auto caller = desk_.Admit(context, kMethod);
  if (!caller.ok()) return End(caller.status());
  rotation_.emplace(ops_, *std::move(caller));
  PostStep();
}

void RotationStream::PostStep() {
  if (!desk_.threads().Post([this] { Step(); })) End(RpcDesk::Overloaded());
}

void RotationStream::Step() {
  absl::Status status;
  try {
    if (cancelled_) {
      status = absl::CancelledError("the caller has left");
    } else {
      auto progress = rotation_->Next();
      status = progress.status();
      if (progress.ok()) progress_ = *std::move(progress);
    }
  } catch (const std::exception&) {
    status = RpcDesk::Unexpected(kMethod);
  }
  if (!status.ok()) return End(status);
  // From here on another thread may have the call, and this object.
  BeforeOperation(this);
  StartWrite(&progress_);
}

void RotationStream::OnWriteDone(bool ok) {
  AfterOperation(this);
  if (!ok) return End(absl::CancelledError("the caller has left"));
  if (progress_.done()) return End(absl::OkStatus());
  PostStep();
}

void RotationStream::OnCancel() {
  AfterOperation(this);
  cancelled_ = true;
}

void RotationStream::OnDone() {
  AfterOperation(this);
  delete this;
}

void RotationStream::End(const absl::Status& status) {
  const grpc::Status answer = wire::ToGrpcStatus(status);
  desk_.Count(kMethod, answer);
  BeforeOperation(this);
  Finish(answer);
}

}  // namespace sluice::service
