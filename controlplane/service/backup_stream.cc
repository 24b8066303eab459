#include "controlplane/service/backup_stream.h"

#include <exception>
#include <utility>

#include "common/wire/channel.h"
#include "controlplane/service/rpc_order.h"

namespace sluice::service {
namespace {

constexpr std::string_view kMethod = "/sluice.admin.v1.BackupService/CreateBackup";
constexpr size_t kPieceBytes = size_t{1} << 20;

}  // namespace

void BackupStream::Start(const grpc::CallbackServerContext& context) {
  BeforeOperation(this);
  auto caller = desk_.Admit(context, kMethod);
  if (!caller.ok()) return End(caller.status());
  caller_ = *std::move(caller);
  if (!desk_.threads().Post([this] { Begin(); })) End(RpcDesk::Overloaded());
}

template <typename Step>
void BackupStream::Run(Step step) {
  absl::Status status;
  try {
    status = cancelled_ ? absl::CancelledError("the caller has left") : step();
  } catch (const std::exception&) {
    status = RpcDesk::Unexpected(kMethod);
  }
  if (!status.ok()) End(status);
}

void BackupStream::Begin() {
  Run([this]() -> absl::Status {
    auto backup = backups_.Create(caller_);
    if (!backup.ok()) return backup.status();
    backup_ = *std::move(backup);
    chunk_.set_revision((*backup_)->revision());
    chunk_.set_size((*backup_)->size());
    return SendNext();
  });
}

void BackupStream::Continue() {
  Run([this] {
    chunk_.Clear();
    return SendNext();
  });
}

absl::Status BackupStream::SendNext() {
  auto bytes = (*backup_)->Next(kPieceBytes);
  if (!bytes.ok()) return bytes.status();
  sent_ += static_cast<int64_t>(bytes->size());
  const bool last = sent_ == (*backup_)->size();
  if (bytes->empty() && !last) return absl::DataLossError("the backup ended too early");
  *chunk_.mutable_bytes() = *std::move(bytes);
  if (last) chunk_.set_sha256((*backup_)->Sha256());
  // From here on another thread may have the call, and this object.
  BeforeOperation(this);
  StartWrite(&chunk_);
  return absl::OkStatus();
}

void BackupStream::OnWriteDone(bool ok) {
  AfterOperation(this);
  if (!ok) return End(absl::CancelledError("the caller has left"));
  if (sent_ == (*backup_)->size()) return End(absl::OkStatus());
  if (!desk_.threads().Post([this] { Continue(); })) End(RpcDesk::Overloaded());
}

void BackupStream::OnCancel() {
  AfterOperation(this);
  cancelled_ = true;
}

void BackupStream::OnDone() {
  AfterOperation(this);
  delete this;
}

void BackupStream::End(const absl::Status& status) {
  backup_.reset();
  const grpc::Status answer = wire::ToGrpcStatus(status);
  desk_.Count(kMethod, answer);
  BeforeOperation(this);
  Finish(answer);
}

}  // namespace sluice::service
