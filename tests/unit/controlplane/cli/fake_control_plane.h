// All services of a control plane, behind one table of answers: for command_fixture.h. Handlers run
// on gRPC's threads.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/wire/channel.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {

// What all services share.
class AnswerTable {
 public:
  explicit AnswerTable(std::string token) : token_(std::move(token)) {}

  void Answer(const google::protobuf::Message& response) {
    const absl::MutexLock lock(&mutex_);
    answers_[response.GetTypeName()] = Copy(response);
  }
  void Fail(grpc::Status status) {
    const absl::MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }
  size_t requests() const {
    const absl::MutexLock lock(&mutex_);
    return requests_.size();
  }
  // Null if there was none of this type; valid until the next request.
  const google::protobuf::Message* Last(const std::string& type) const {
    const absl::MutexLock lock(&mutex_);
    for (auto request = requests_.rbegin(); request != requests_.rend(); ++request) {
      if ((*request)->GetTypeName() == type) return request->get();
    }
    return nullptr;
  }

  grpc::Status Serve(const grpc::ServerContext& context, const google::protobuf::Message& request,
                     google::protobuf::Message* response) {
    const absl::MutexLock lock(&mutex_);
    requests_.push_back(Copy(request));
    if (wire::TokenOf(context.client_metadata()) != token_) {
      return {grpc::StatusCode::UNAUTHENTICATED, "no valid admin token"};
    }
    if (!failure_.ok()) return failure_;
    const auto answer = answers_.find(response->GetTypeName());
    if (answer != answers_.end()) response->CopyFrom(*answer->second);
    return grpc::Status::OK;
  }

 private:
  static std::unique_ptr<google::protobuf::Message> Copy(const google::protobuf::Message& message) {
    std::unique_ptr<google::protobuf::Message> copy(message.New());
    copy->CopyFrom(message);
    return copy;
  }

  const std::string token_;
  mutable absl::Mutex mutex_;
  std::map<std::string, std::unique_ptr<google::protobuf::Message>> answers_;
  std::vector<std::unique_ptr<google::protobuf::Message>> requests_;
  grpc::Status failure_;
};

#define SLUICE_FAKE_CALL(name, request_type, response_type)                    \
  grpc::Status name(grpc::ServerContext* context, const request_type* request, \
                    response_type* response) override {                        \
    return answers_->Serve(*context, *request, response);                      \
  }
#define SLUICE_FAKE_RPC(name) \
  SLUICE_FAKE_CALL(name, admin::v1::name##Request, admin::v1::name##Response)

class FakeProviders final : public admin::v1::ProviderService::Service {
 public:
  explicit FakeProviders(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(ListPresets)
  SLUICE_FAKE_RPC(ListProviders)
  SLUICE_FAKE_CALL(GetProvider, admin::v1::GetProviderRequest, config::v1::Provider)
  SLUICE_FAKE_RPC(CreateProvider)
  SLUICE_FAKE_RPC(UpdateProvider)
  SLUICE_FAKE_RPC(DeleteProvider)

 private:
  AnswerTable* answers_;
};

class FakeProviderKeys final : public admin::v1::ProviderKeyService::Service {
 public:
  explicit FakeProviderKeys(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(ListProviderKeys)
  SLUICE_FAKE_RPC(CreateProviderKey)
  SLUICE_FAKE_RPC(UpdateProviderKey)
  SLUICE_FAKE_RPC(DeleteProviderKey)
  SLUICE_FAKE_RPC(RefreshProviderKeys)

 private:
  AnswerTable* answers_;
};

class FakeClientKeys final : public admin::v1::ClientKeyService::Service {
 public:
  explicit FakeClientKeys(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(ListClientKeys)
  SLUICE_FAKE_CALL(GetClientKey, admin::v1::GetClientKeyRequest, config::v1::ClientKey)
  SLUICE_FAKE_RPC(CreateClientKey)
  SLUICE_FAKE_RPC(UpdateClientKey)
  SLUICE_FAKE_RPC(RevokeClientKey)
  SLUICE_FAKE_CALL(RotateClientKey, admin::v1::RotateClientKeyRequest,
                   admin::v1::CreateClientKeyResponse)

 private:
  AnswerTable* answers_;
};

class FakeJwtIssuers final : public admin::v1::JwtIssuerService::Service {
 public:
  explicit FakeJwtIssuers(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(ListJwtIssuers)
  SLUICE_FAKE_CALL(GetJwtIssuer, admin::v1::GetJwtIssuerRequest, config::v1::JwtIssuer)
  SLUICE_FAKE_RPC(CreateJwtIssuer)
  SLUICE_FAKE_RPC(UpdateJwtIssuer)
  SLUICE_FAKE_RPC(DeleteJwtIssuer)

 private:
  AnswerTable* answers_;
};

class FakeSettings final : public admin::v1::SettingsService::Service {
 public:
  explicit FakeSettings(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(GetSettings)
  SLUICE_FAKE_RPC(UpdateSettings)

 private:
  AnswerTable* answers_;
};

class FakeNodes final : public admin::v1::NodeService::Service {
 public:
  explicit FakeNodes(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(ListNodes)
  SLUICE_FAKE_RPC(AcceptDivergence)
  SLUICE_FAKE_RPC(DrainNode)
  SLUICE_FAKE_RPC(ExpelNode)
  SLUICE_FAKE_RPC(CreateSeed)
  SLUICE_FAKE_CALL(GetNode, admin::v1::GetNodeRequest, admin::v1::Node)

  grpc::Status WaitForRevision(grpc::ServerContext* context,
                               const admin::v1::WaitForRevisionRequest* request,
                               grpc::ServerWriter<admin::v1::WaitProgress>* writer) override {
    admin::v1::WaitProgress unused;
    const grpc::Status served = answers_->Serve(*context, *request, &unused);
    if (!served.ok()) return served;
    for (const admin::v1::WaitProgress& progress : progress_) writer->Write(progress);
    if (hold_) released_.WaitForNotification();
    return grpc::Status::OK;
  }

  // Before the call.
  void Report(std::vector<admin::v1::WaitProgress> progress, bool hold) {
    progress_ = std::move(progress);
    hold_ = hold;
  }
  void Release() { released_.Notify(); }

 private:
  AnswerTable* answers_;
  std::vector<admin::v1::WaitProgress> progress_;
  bool hold_ = false;
  absl::Notification released_;
};

class FakeJoinTokens final : public admin::v1::JoinTokenService::Service {
 public:
  explicit FakeJoinTokens(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(ListJoinTokens)
  SLUICE_FAKE_RPC(CreateJoinToken)
  SLUICE_FAKE_RPC(RevokeJoinToken)

 private:
  AnswerTable* answers_;
};

class FakeAdminTokens final : public admin::v1::AdminTokenService::Service {
 public:
  explicit FakeAdminTokens(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(ListAdminTokens)
  SLUICE_FAKE_RPC(CreateAdminToken)
  SLUICE_FAKE_RPC(RevokeAdminToken)

 private:
  AnswerTable* answers_;
};

class FakeSecrets final : public admin::v1::SecretService::Service {
 public:
  explicit FakeSecrets(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(GetSecretsStatus)

  // One message of progress, of the table.
  grpc::Status RotateMasterKey(
      grpc::ServerContext* context, const admin::v1::RotateMasterKeyRequest* request,
      grpc::ServerWriter<admin::v1::RotateMasterKeyProgress>* writer) override {
    admin::v1::RotateMasterKeyProgress progress;
    const grpc::Status served = answers_->Serve(*context, *request, &progress);
    if (served.ok()) writer->Write(progress);
    return served;
  }

 private:
  AnswerTable* answers_;
};

class FakeHistory final : public admin::v1::HistoryService::Service {
 public:
  explicit FakeHistory(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(ListChanges)
  SLUICE_FAKE_RPC(DiffRevisions)
  SLUICE_FAKE_RPC(Rollback)

 private:
  AnswerTable* answers_;
};

class FakeAudit final : public admin::v1::AuditService::Service {
 public:
  explicit FakeAudit(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(ListAudit)
  SLUICE_FAKE_RPC(VerifyAudit)

 private:
  AnswerTable* answers_;
};

class FakeDeclarations final : public admin::v1::DeclarationService::Service {
 public:
  explicit FakeDeclarations(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(ExportConfiguration)
  SLUICE_FAKE_RPC(ApplyConfiguration)

 private:
  AnswerTable* answers_;
};

class FakeBackups final : public admin::v1::BackupService::Service {
 public:
  explicit FakeBackups(AnswerTable* answers) : answers_(answers) {}

  grpc::Status CreateBackup(grpc::ServerContext* context,
                            const admin::v1::CreateBackupRequest* request,
                            grpc::ServerWriter<admin::v1::BackupChunk>* writer) override {
    admin::v1::BackupChunk unused;
    const grpc::Status served = answers_->Serve(*context, *request, &unused);
    if (!served.ok()) return served;
    for (const admin::v1::BackupChunk& chunk : chunks_) writer->Write(chunk);
    return grpc::Status::OK;
  }

  // Before the call.
  void Give(std::vector<admin::v1::BackupChunk> chunks) { chunks_ = std::move(chunks); }

 private:
  AnswerTable* answers_;
  std::vector<admin::v1::BackupChunk> chunks_;
};

class FakeUsage final : public admin::v1::UsageService::Service {
 public:
  explicit FakeUsage(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(QueryUsage)
  SLUICE_FAKE_RPC(ListUsageRecords)
  SLUICE_FAKE_RPC(ListBudgets)
  SLUICE_FAKE_RPC(GetActivity)

  grpc::Status Tail(grpc::ServerContext* context, const admin::v1::TailRequest* request,
                    grpc::ServerWriter<admin::v1::TailResponse>* writer) override {
    admin::v1::TailResponse unused;
    const grpc::Status served = answers_->Serve(*context, *request, &unused);
    if (!served.ok()) return served;
    for (const admin::v1::TailResponse& response : tail_) writer->Write(response);
    if (after_tail_) after_tail_();
    while (hold_tail_ && !context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    return grpc::Status::OK;
  }

  // Before the call. `after`: called when all is written; `hold`: then nothing more, until the
  // caller gives up.
  void Stream(std::vector<admin::v1::TailResponse> responses, std::function<void()> after,
              bool hold) {
    tail_ = std::move(responses);
    after_tail_ = std::move(after);
    hold_tail_ = hold;
  }

 private:
  AnswerTable* answers_;
  std::vector<admin::v1::TailResponse> tail_;
  std::function<void()> after_tail_;
  bool hold_tail_ = false;
};

class FakeStatus final : public admin::v1::StatusService::Service {
 public:
  explicit FakeStatus(AnswerTable* answers) : answers_(answers) {}
  SLUICE_FAKE_RPC(GetStatus)

 private:
  AnswerTable* answers_;
};

#undef SLUICE_FAKE_RPC
#undef SLUICE_FAKE_CALL

class FakeControlPlane {
 public:
  explicit FakeControlPlane(std::string token) : answers_(std::move(token)) {
    grpc::ServerBuilder builder;
    wire::ConfigureServer(builder);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    const std::vector<grpc::Service*> services = {
        &providers_,   &provider_keys_, &client_keys_, &settings_,     &nodes_,
        &history_,     &audit_,         &status_,      &declarations_, &backups_,
        &join_tokens_, &admin_tokens_,  &secrets_,     &jwt_issuers_,  &usage_};
    for (grpc::Service* service : services) builder.RegisterService(service);
    server_ = builder.BuildAndStart();
  }
  ~FakeControlPlane() {
    nodes_.Release();
    server_->Shutdown(std::chrono::system_clock::now());
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  AnswerTable& answers() { return answers_; }
  FakeNodes& nodes() { return nodes_; }
  FakeBackups& backups() { return backups_; }
  FakeUsage& usage() { return usage_; }

 private:
  AnswerTable answers_;
  FakeProviders providers_{&answers_};
  FakeProviderKeys provider_keys_{&answers_};
  FakeClientKeys client_keys_{&answers_};
  FakeJwtIssuers jwt_issuers_{&answers_};
  FakeSettings settings_{&answers_};
  FakeNodes nodes_{&answers_};
  FakeJoinTokens join_tokens_{&answers_};
  FakeAdminTokens admin_tokens_{&answers_};
  FakeSecrets secrets_{&answers_};
  FakeHistory history_{&answers_};
  FakeAudit audit_{&answers_};
  FakeStatus status_{&answers_};
  FakeDeclarations declarations_{&answers_};
  FakeBackups backups_{&answers_};
  FakeUsage usage_{&answers_};
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sluice::cli
