#include "controlplane/service/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>

#include <utility>

#include "common/base/text.h"
#include "controlplane/service/bind_check.h"

namespace sluice::service {

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const base::HostPort& address, const wire::ServerIdentity* identity,
    const std::vector<grpc::Service*>& services) {
  if (absl::Status status = CheckBindable(address, "--listen"); !status.ok()) return status;
  grpc::EnableDefaultHealthCheckService(true);
  if (address.IsLoopback()) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  wire::ConfigureServer(builder);
  int port = 0;
  builder.AddListeningPort(
      address.ToString(),
      identity == nullptr ? grpc::InsecureServerCredentials() : wire::TlsServer(*identity), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::FailedPreconditionError(
        base::Cat("cannot listen on ", address.ToString(), " (--listen)"));
  }
  return std::unique_ptr<GrpcServer>(
      new GrpcServer(std::move(server), static_cast<uint16_t>(port)));
}

GrpcServer::~GrpcServer() { Stop(absl::ZeroDuration()); }

void GrpcServer::Stop(absl::Duration patience) {
  if (std::exchange(stopped_, true)) return;
  if (auto* health = server_->GetHealthCheckService(); health != nullptr) health->Shutdown();
  server_->Shutdown(absl::ToChronoTime(absl::Now() + patience));
}

}  // namespace sluice::service
