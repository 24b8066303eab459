// One call of CreateBackup. What touches the disk runs on a work thread, one piece at a time: the
// next is read when the one before it is on its way.
//
// Deletes itself when the call is over.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>

#include "controlplane/ops/backup_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::service {

class BackupStream final : public grpc::ServerWriteReactor<admin::v1::BackupChunk> {
 public:
  BackupStream(RpcDesk& desk, ops::BackupOps& backups) : desk_(desk), backups_(backups) {}

  // Once; may end the call at once.
  void Start(const grpc::CallbackServerContext& context);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // On a work thread.
  void Begin();
  void Continue();
  absl::Status SendNext();
  // Runs `step`; the call ends with what it returns, unless that is OK. Nothing may follow.
  template <typename Step>
  void Run(Step step);
  void End(const absl::Status& status);

  RpcDesk& desk_;
  ops::BackupOps& backups_;
  ops::Caller caller_;
  // There is one step at a time, so what follows needs no lock.
  std::unique_ptr<ops::BackupOps::Loan> backup_;
  int64_t sent_ = 0;
  admin::v1::BackupChunk chunk_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace sluice::service
