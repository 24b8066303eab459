// Backups: from the wire to the use case and back. Thread-safe.
#pragma once

#include "controlplane/ops/backup_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class BackupService final : public admin::v1::BackupService::CallbackService {
 public:
  BackupService(RpcDesk& desk, ops::BackupOps& backups) : desk_(desk), backups_(backups) {}

  grpc::ServerWriteReactor<admin::v1::BackupChunk>* CreateBackup(
      grpc::CallbackServerContext* context, const admin::v1::CreateBackupRequest* request) override;

 private:
  RpcDesk& desk_;
  ops::BackupOps& backups_;
};

}  // namespace sluice::service
