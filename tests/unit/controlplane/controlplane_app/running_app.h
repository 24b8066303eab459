// A whole control plane in this process, on free ports and a folder of its own, and its clients.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/wire/channel.h"
#include "controlplane/app.h"
#include "sluice/admin/v1/admin.grpc.pb.h"
#include "sluice/fleet/v1/fleet.grpc.pb.h"
#include "tests/support/temp_folder.h"

namespace sluice::controlplane {

inline AppOptions OptionsIn(const test::TempFolder& folder) {
  AppOptions options;
  options.listen = "127.0.0.1:0";
  options.ops_listen = "127.0.0.1:0";
  options.paths = {folder.File("state/sluice.db"), folder.File("state/master.key")};
  return options;
}

class RunningApp {
 public:
  RunningApp() : RunningApp([](AppOptions&) {}) {}
  // `prepare`: what is to be different, before it starts.
  explicit RunningApp(const std::function<void(AppOptions&)>& prepare) {
    options_ = OptionsIn(folder_);
    prepare(options_);
    Start();
  }

  App& app() { return *app_; }
  void Stop() { app_.reset(); }
  // On other ports.
  void Restart() {
    Stop();
    Start();
  }
  const test::TempFolder& folder() const { return folder_; }

  std::shared_ptr<grpc::Channel> Channel() { return Channel("", base::Secret()); }
  // With a client's certificate; over TLS if the control plane listens so.
  std::shared_ptr<grpc::Channel> Channel(const std::string& certificate, const base::Secret& key) {
    wire::ChannelOptions options{.target = base::Cat("127.0.0.1:", app_->grpc_port()),
                                 .own_connection = true};
    if (options_.tls.on) options.authorities = *base::ReadFile(folder_.File("state/ca.crt"));
    options.certificate = certificate;
    options.private_key = key.Clone();
    auto channel = wire::OpenChannel(options);
    EXPECT_TRUE(channel.ok()) << channel.status();
    return *channel;
  }
  base::Secret Token(const std::string& file) const {
    auto text = base::ReadFile(folder_.File("state/" + file));
    EXPECT_TRUE(text.ok()) << text.status();
    return base::Secret(base::Stripped(*text));
  }
  std::unique_ptr<grpc::ClientContext> AsOwner() const { return With(Token("admin.token")); }
  std::unique_ptr<grpc::ClientContext> AsNode() const { return With(Token("join.token")); }
  static std::unique_ptr<grpc::ClientContext> With(const base::Secret& token) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if (!token.empty()) wire::AttachToken(*context, token);
    return context;
  }

  grpc::Status CreateProvider(const std::string& name, int64_t* revision = nullptr) {
    admin::v1::CreateProviderRequest request;
    request.mutable_provider()->set_name(name);
    request.mutable_provider()->set_preset("openai");
    admin::v1::CreateProviderResponse response;
    const grpc::Status status = admin::v1::ProviderService::NewStub(Channel())->CreateProvider(
        AsOwner().get(), request, &response);
    if (revision != nullptr) *revision = response.revision();
    return status;
  }
  admin::v1::Node Node(const std::string& id) {
    admin::v1::GetNodeRequest request;
    request.set_id(id);
    admin::v1::Node node;
    const grpc::Status status =
        admin::v1::NodeService::NewStub(Channel())->GetNode(AsOwner().get(), request, &node);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return node;
  }

 private:
  void Start() {
    auto started = App::Start(options_);
    EXPECT_TRUE(started.ok()) << started.status();
    app_ = *std::move(started);
  }

  test::TempFolder folder_;
  AppOptions options_;
  std::unique_ptr<App> app_;
};

// A data plane as the control plane sees it.
class FakeNode {
 public:
  FakeNode(RunningApp& app, std::string id)
      : id_(std::move(id)),
        context_(app.AsNode()),
        stub_(fleet::v1::Fleet::NewStub(app.Channel())) {
    stream_ = stub_->Connect(context_.get());
  }
  ~FakeNode() {
    context_->TryCancel();
    if (!finished_) stream_->Finish();
  }

  void Hello() {
    fleet::v1::NodeMessage message;
    message.mutable_hello()->set_node_id(id_);
    message.mutable_hello()->set_build("test");
    EXPECT_TRUE(stream_->Write(message));
  }
  // The whole snapshot; revision -1 if the stream ended.
  fleet::v1::Snapshot Receive() {
    fleet::v1::Snapshot whole;
    fleet::v1::ControlMessage message;
    do {
      if (!stream_->Read(&message)) {
        whole.set_revision(-1);
        return whole;
      }
      const std::string before = whole.bytes();
      whole = message.snapshot();
      whole.set_bytes(before + message.snapshot().bytes());
    } while (whole.chunk() + 1 < whole.chunk_count());
    return whole;
  }
  void Ack(const fleet::v1::Snapshot& snapshot) {
    fleet::v1::NodeMessage message;
    message.mutable_ack()->set_revision(snapshot.revision());
    message.mutable_ack()->set_hash(snapshot.hash());
    EXPECT_TRUE(stream_->Write(message));
  }
  void Nack(const fleet::v1::Snapshot& snapshot, const std::string& reason) {
    fleet::v1::NodeMessage message;
    message.mutable_nack()->set_revision(snapshot.revision());
    auto* refusal = message.mutable_nack()->add_refusals();
    refusal->set_resource("provider \"a\"");
    refusal->set_reason(reason);
    EXPECT_TRUE(stream_->Write(message));
  }
  void Send(const fleet::v1::NodeMessage& message) { stream_->Write(message); }
  grpc::Status Finish() {
    fleet::v1::ControlMessage message;
    while (stream_->Read(&message)) continue;
    finished_ = true;
    return stream_->Finish();
  }

 private:
  std::string id_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<fleet::v1::Fleet::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<fleet::v1::NodeMessage, fleet::v1::ControlMessage>>
      stream_;
  bool finished_ = false;
};

}  // namespace sluice::controlplane
