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

}  // namespace sluice::service
