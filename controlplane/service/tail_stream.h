// One call of Tail: between the RPC library and the watch. What the caller asks for is looked up on
// a work thread.
//
// Deletes itself when the call is over. Locks: the watch's, then this one's.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "absl/synchronization/mutex.h"
#include "controlplane/ops/usage_ops.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::service {

class TailStream final : public grpc::ServerWriteReactor<admin::v1::TailResponse>,
                         public publish::TailOutlet {
 public:
  TailStream(RpcDesk& desk, ops::UsageOps& ops, publish::WatchHub& hub,
             const admin::v1::TailRequest& request)
      : desk_(desk), ops_(ops), hub_(hub), request_(request) {}

  // Once; may end the call at once.
  void Start(const grpc::CallbackServerContext& context);

  void Write(admin::v1::TailResponse response) override;
  void Close(const absl::Status& status) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // On a work thread.
  void Begin();
  absl::StatusOr<std::shared_ptr<publish::TailWatch>> Open();
  void End(const absl::Status& status);
  void FinishOnce(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  RpcDesk& desk_;
  ops::UsageOps& ops_;
  publish::WatchHub& hub_;
  const admin::v1::TailRequest request_;

  absl::Mutex mutex_;
  std::shared_ptr<publish::TailWatch> watch_ ABSL_GUARDED_BY(mutex_);  // null: none yet
  // Until Begin has run, it is Begin that ends a call that is over: nothing else may delete this
  // object.
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status over_ ABSL_GUARDED_BY(mutex_);  // not OK: ended before it began
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  admin::v1::TailResponse response_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::service
