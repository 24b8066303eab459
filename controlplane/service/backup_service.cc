#include "controlplane/service/backup_service.h"

#include "controlplane/service/backup_stream.h"

namespace sluice::service {

grpc::ServerWriteReactor<admin::v1::BackupChunk>* BackupService::CreateBackup(
    grpc::CallbackServerContext* context, const admin::v1::CreateBackupRequest*) {
  auto* stream = new BackupStream(desk_, backups_);
  stream->Start(*context);
  return stream;
}

}  // namespace sluice::service
