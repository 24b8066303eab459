// The RPC listener: the services it is given, health, and on loopback reflection.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/address.h"
#include "common/wire/channel.h"

namespace sluice::service {

class GrpcServer {
 public:
  // The services must outlive the server. `identity`: null for plaintext. FailedPrecondition names
  // the address and the reason.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const base::HostPort& address, const wire::ServerIdentity* identity,
      const std::vector<grpc::Service*>& services);
  ~GrpcServer();

  uint16_t port() const { return port_; }
  // Takes no new calls, waits for those that run, and after `patience` cuts them. Once.
  void Stop(absl::Duration patience);

 private:
  GrpcServer(std::unique_ptr<grpc::Server> server, uint16_t port)
      : server_(std::move(server)), port_(port) {}

  std::unique_ptr<grpc::Server> server_;
  uint16_t port_;
  bool stopped_ = false;
};

}  // namespace sluice::service
