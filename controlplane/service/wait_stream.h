// One call of WaitForRevision. Keeps only the newest progress that the caller has not been sent.
//
// Deletes itself when the call is over. Locks: the wait's, then this one's.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/synchronization/mutex.h"
#include "controlplane/ops/history_ops.h"
#include "controlplane/publish/node_registry.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::service {

class WaitStream final : public grpc::ServerWriteReactor<admin::v1::WaitProgress>,
                         public publish::WaitListener {
 public:
  WaitStream(RpcDesk& desk, ops::HistoryOps& ops, publish::NodeRegistry& nodes, int64_t revision)
      : desk_(desk), ops_(ops), nodes_(nodes), revision_(revision) {}

  // Once; may end the call at once.
  void Start(const grpc::CallbackServerContext& context);

  void OnProgress(const admin::v1::WaitProgress& progress, bool last) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // On a work thread.
  void Begin();
  absl::Status CheckRevision();
  void End(const absl::Status& status);
  void FinishOnce(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Push() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  RpcDesk& desk_;
  ops::HistoryOps& ops_;
  publish::NodeRegistry& nodes_;
  const int64_t revision_;
  std::shared_ptr<publish::RevisionWait> wait_;  // set by Begin, before there are other events

  absl::Mutex mutex_;
  // Until Begin has run, it is Begin that ends a cancelled call: nothing else may delete this
  // object.
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool last_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<admin::v1::WaitProgress> pending_ ABSL_GUARDED_BY(mutex_);
  admin::v1::WaitProgress writing_message_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::service
