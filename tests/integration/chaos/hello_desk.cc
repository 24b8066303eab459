#include "tests/integration/chaos/hello_desk.h"

#include "common/base/text.h"
#include "common/wire/channel.h"

namespace sluice::test {

HelloDesk::~HelloDesk() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

bool HelloDesk::Listen(uint16_t port) {
  grpc::ServerBuilder builder;
  wire::ConfigureServer(builder);
  builder.AddListeningPort(base::Cat("127.0.0.1:", port), grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  return server_ != nullptr;
}

grpc::Status HelloDesk::Connect(
    grpc::ServerContext*,
    grpc::ServerReaderWriter<fleet::v1::ControlMessage, fleet::v1::NodeMessage>* stream) {
  fleet::v1::NodeMessage message;
  if (stream->Read(&message) && message.has_hello()) {
    absl::MutexLock lock(&mutex_);
    hellos_[message.hello().node_id()] = message.hello();
  }
  return grpc::Status::OK;
}

std::map<std::string, fleet::v1::Hello> HelloDesk::Await(size_t nodes, absl::Duration patience) {
  absl::MutexLock lock(&mutex_);
  const auto enough = [&] { return hellos_.size() >= nodes; };
  mutex_.AwaitWithTimeout(absl::Condition(&enough), patience);
  return hellos_;
}

}  // namespace sluice::test
