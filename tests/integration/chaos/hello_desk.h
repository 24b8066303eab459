// A fleet service that only listens to what nodes say of themselves when they connect. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <string>

#include "absl/synchronization/mutex.h"
#include "sluice/fleet/v1/fleet.grpc.pb.h"

namespace sluice::test {

class HelloDesk final : public fleet::v1::Fleet::Service {
 public:
  ~HelloDesk() override;

  // On the port on which the nodes look for their control plane. False if it cannot be had.
  bool Listen(uint16_t port);
  // By node id, once `nodes` of them have come, or time is up.
  std::map<std::string, fleet::v1::Hello> Await(size_t nodes, absl::Duration patience);

 private:
  grpc::Status Connect(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<fleet::v1::ControlMessage, fleet::v1::NodeMessage>* stream) override;

  absl::Mutex mutex_;
  std::map<std::string, fleet::v1::Hello> hellos_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sluice::test
