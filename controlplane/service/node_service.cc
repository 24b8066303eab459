#include "controlplane/service/node_service.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "common/base/text.h"
#include "controlplane/service/wait_stream.h"
#include "controlplane/store/timestamp.h"

namespace sluice::service {

grpc::ServerUnaryReactor* NodeService::ListNodes(grpc::CallbackServerContext* context,
                                                 const admin::v1::ListNodesRequest*,
                                                 admin::v1::ListNodesResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.NodeService/ListNodes", response,
                      [this](const ops::Caller&) { return List(); });
}

grpc::ServerUnaryReactor* NodeService::GetNode(grpc::CallbackServerContext* context,
                                               const admin::v1::GetNodeRequest* request,
                                               admin::v1::Node* response) {
  return desk_.Answer(context, "/sluice.admin.v1.NodeService/GetNode", response,
                      [this, request](const ops::Caller&) { return Get(request->id()); });
}

grpc::ServerWriteReactor<admin::v1::WaitProgress>* NodeService::WaitForRevision(
    grpc::CallbackServerContext* context, const admin::v1::WaitForRevisionRequest* request) {
  auto* stream = new WaitStream(desk_, ops_, nodes_, request->revision());
  stream->Start(*context);
  return stream;
}

grpc::ServerUnaryReactor* NodeService::AcceptDivergence(
    grpc::CallbackServerContext* context, const admin::v1::AcceptDivergenceRequest* request,
    admin::v1::AcceptDivergenceResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.NodeService/AcceptDivergence", response,
      [this, request](const ops::Caller& caller) { return Accept(caller, *request); });
}

grpc::ServerUnaryReactor* NodeService::DrainNode(grpc::CallbackServerContext* context,
                                                 const admin::v1::DrainNodeRequest* request,
                                                 admin::v1::DrainNodeResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.NodeService/DrainNode", response,
      [this, request](const ops::Caller& caller) { return Drain(caller, *request); });
}

grpc::ServerUnaryReactor* NodeService::ExpelNode(grpc::CallbackServerContext* context,
                                                 const admin::v1::ExpelNodeRequest* request,
                                                 admin::v1::ExpelNodeResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.NodeService/ExpelNode", response,
      [this, request](const ops::Caller& caller) { return Expel(caller, *request); });
}

grpc::ServerUnaryReactor* NodeService::CreateSeed(grpc::CallbackServerContext* context,
                                                  const admin::v1::CreateSeedRequest*,
                                                  admin::v1::CreateSeedResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.NodeService/CreateSeed", response,
                      [this](const ops::Caller& caller) { return seeds_.Create(caller); });
}

absl::StatusOr<admin::v1::ListNodesResponse> NodeService::List() {
  auto newest = ops_.NewestRevision();
  if (!newest.ok()) return newest.status();
  admin::v1::ListNodesResponse response;
  for (admin::v1::Node& node : nodes_.List()) {
    AddIdentity(&node);
    *response.add_nodes() = std::move(node);
  }
  response.set_revision(*newest);
  return response;
}

absl::StatusOr<admin::v1::Node> NodeService::Get(const std::string& id) {
  auto node = nodes_.Get(id);
  if (node.has_value()) {
    AddIdentity(&*node);
    return *std::move(node);
  }
  return absl::NotFoundError(base::Cat("there is no node \"", base::Escaped(id), "\""));
}

absl::StatusOr<admin::v1::AcceptDivergenceResponse> NodeService::Accept(
    const ops::Caller& caller, const admin::v1::AcceptDivergenceRequest& request) {
  if (request.all() == !request.nodes().empty()) {
    return absl::InvalidArgumentError("name nodes, or say all");
  }
  admin::v1::AcceptDivergenceResponse response;
  *response.mutable_nodes() = request.nodes();
  if (request.all()) {
    for (const admin::v1::Node& node : nodes_.List()) {
      if (node.connected() && !node.refusals().empty()) response.add_nodes(node.id());
    }
  }
  for (const std::string& node : response.nodes()) {
    absl::Status status = hub_.Accept(node);
    // Of all, one may have left meanwhile.
    if (!status.ok() && !request.all()) return status;
    if (status.ok()) {
      status = ops_.Record(caller, base::Cat("node ", node, " told to accept"), hub_.clock().Now());
    }
    if (!status.ok()) return status;
  }
  return response;
}

absl::StatusOr<admin::v1::DrainNodeResponse> NodeService::Drain(
    const ops::Caller& caller, const admin::v1::DrainNodeRequest& request) {
  absl::Status status = hub_.Drain(request.node(), !request.undo());
  if (status.ok()) {
    status = ops_.Record(caller,
                         base::Cat("node ", request.node(), " told ",
                                   request.undo() ? "to end its drain" : "to drain"),
                         hub_.clock().Now());
  }
  if (!status.ok()) return status;
  return admin::v1::DrainNodeResponse();
}

absl::StatusOr<admin::v1::ExpelNodeResponse> NodeService::Expel(
    const ops::Caller& caller, const admin::v1::ExpelNodeRequest& request) {
  const std::string& node = request.node();
  const absl::Status expelled = enrolment_.Expel(caller, node, nodes_.Get(node).has_value());
  if (!expelled.ok()) return expelled;
  spdlog::warn("node {} is expelled", node);
  roster_.Close(node, absl::PermissionDeniedError(base::Cat("node ", node, " was expelled")));
  return admin::v1::ExpelNodeResponse();
}

void NodeService::AddIdentity(admin::v1::Node* node) const {
  node->set_canary(hub_.publisher().ActiveRollout().has_value() &&
                   hub_.publisher().PartOf(node->id(), node->labels()) == publish::Part::kNewest);
  const auto row = gate_.Find(node->id());
  if (!row.has_value()) return;
  if (gate_.knows_certificates() && row->expires_at.has_value()) {
    *node->mutable_certificate_expires_at() = store::ToTimestamp(*row->expires_at);
  }
  // With a token that was made since it may be back, with a new certificate or none.
  const bool back = node->connected() || row->joined_at > row->expelled_at;
  if (row->expelled_at.has_value() && !back) {
    *node->mutable_expelled_at() = store::ToTimestamp(*row->expelled_at);
  }
}

}  // namespace sluice::service
