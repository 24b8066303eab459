#include "tests/support/admin/admin_client.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/base/file.h"
#include "common/base/text.h"

namespace sluice::test {

using namespace admin::v1;  // NOLINT(google-build-using-namespace)

absl::StatusOr<std::unique_ptr<AdminClient>> AdminClient::Open(uint16_t port,
                                                               const std::string& token_file) {
  auto token = base::ReadFile(token_file);
  if (!token.ok()) return token.status();
  auto channel =
      wire::OpenChannel({.target = base::Cat("127.0.0.1:", port), .own_connection = true});
  if (!channel.ok()) return channel.status();
  return std::unique_ptr<AdminClient>(
      new AdminClient(*std::move(channel), base::Secret(base::Stripped(*token))));
}

void AdminClient::Prepare(grpc::ClientContext* context, absl::Duration patience) const {
  context->set_deadline(absl::ToChronoTime(absl::Now() + patience));
  wire::AttachToken(*context, token_);
}

absl::StatusOr<AdminClient::NewKey> AdminClient::CreateKey(const std::string& name) {
  CreateClientKeyRequest request;
  request.mutable_client_key()->set_name(name);
  auto made = Call(&ClientKeyService::Stub::CreateClientKey, request);
  if (!made.ok()) return made.status();
  return NewKey{made->client_key().id(), made->key(), made->revision()};
}

absl::StatusOr<int64_t> AdminClient::RevokeKey(const std::string& key) {
  RevokeClientKeyRequest request;
  request.set_key(key);
  auto revoked = Call(&ClientKeyService::Stub::RevokeClientKey, request);
  if (!revoked.ok()) return revoked.status();
  return revoked->revision();
}

absl::StatusOr<int64_t> AdminClient::LabelKey(const std::string& key, const std::string& value) {
  UpdateClientKeyRequest request;
  request.set_key(key);
  (*request.mutable_client_key()->mutable_labels())["bench"] = value;
  request.mutable_update_mask()->add_paths("labels");
  auto updated = Call(&ClientKeyService::Stub::UpdateClientKey, request);
  if (!updated.ok()) return updated.status();
  return updated->revision();
}

absl::StatusOr<int64_t> AdminClient::DeclareKeys(const std::vector<DeclaredClientKey>& keys) {
  ApplyConfigurationRequest request;
  for (const DeclaredClientKey& key : keys) *request.add_client_keys() = key;
  auto applied = Call(&DeclarationService::Stub::ApplyConfiguration, request);
  if (!applied.ok()) return applied.status();
  return applied->revision();
}

absl::StatusOr<std::vector<Node>> AdminClient::Nodes(int64_t* newest) {
  auto listed = Call(&NodeService::Stub::ListNodes, ListNodesRequest());
  if (!listed.ok()) return listed.status();
  *newest = listed->revision();
  return std::vector<Node>(listed->nodes().begin(), listed->nodes().end());
}

absl::Status AdminClient::AwaitAll(int64_t revision, absl::Duration patience, int* nodes) {
  grpc::ClientContext context;
  Prepare(&context, patience);
  WaitForRevisionRequest request;
  request.set_revision(revision);
  NodeService::Stub stub(channel_);
  const auto reader = stub.WaitForRevision(&context, request);
  WaitProgress progress;
  while (reader->Read(&progress)) *nodes = progress.total();
  const grpc::Status ended = reader->Finish();
  if (!ended.ok()) return wire::ToAbslStatus(ended);
  if (progress.done()) return absl::OkStatus();
  return absl::AbortedError(
      base::Cat("revision ", revision, " is refused by ", progress.refusals_size(), " nodes"));
}

}  // namespace sluice::test
