// One call of RotateMasterKey. Each batch runs on a work thread, the next when the message of the
// one before it is on its way. Who leaves ends the rotation after the batch under way.
//
// Deletes itself when the call is over.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <optional>

#include "controlplane/ops/secret_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::service {

class RotationStream final : public grpc::ServerWriteReactor<admin::v1::RotateMasterKeyProgress> {
 public:
  RotationStream(RpcDesk& desk, ops::SecretOps& ops) : desk_(desk), ops_(ops) {}

  // Once; may end the call at once.
  void Start(const grpc::CallbackServerContext& context);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  void PostStep();
  // On a work thread.
  void Step();
  void End(const absl::Status& status);

  RpcDesk& desk_;
  ops::SecretOps& ops_;
  // There is one step at a time, so what follows needs no lock.
  std::optional<ops::SecretOps::Rotation> rotation_;
  admin::v1::RotateMasterKeyProgress progress_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace sluice::service
