#include "controlplane/service/node_service.h"

#include <string>
#include <utility>

#include "common/base/text.h"
#include "controlplane/service/wait_stream.h"

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

absl::StatusOr<admin::v1::ListNodesResponse> NodeService::List() {
  auto newest = ops_.NewestRevision();
  if (!newest.ok()) return newest.status();
  admin::v1::ListNodesResponse response;
  for (admin::v1::Node& node : nodes_.List()) *response.add_nodes() = std::move(node);
  response.set_revision(*newest);
  return response;
}

absl::StatusOr<admin::v1::Node> NodeService::Get(const std::string& id) {
  auto node = nodes_.Get(id);
  if (node.has_value()) return *std::move(node);
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

}  // namespace sluice::service
