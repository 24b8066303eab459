// A Fleet service that says what a test tells it to, and remembers what nodes said. Any thread.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "common/wire/channel.h"
#include "common/wire/resource_set.h"
#include "sluice/fleet/v1/fleet.grpc.pb.h"

namespace sluice::test {

inline constexpr char kLineage[] = "lineage";

// The hash that a node announces; of bytes that are no configuration, some hash.
inline std::string AnnouncedHash(const std::string& bytes) {
  const auto resources = wire::ResourceSet::Parse(bytes);
  return resources.ok() ? resources->Hash() : crypto::Sha256Bytes(bytes);
}

// The pieces of a snapshot of `bytes`, `piece_bytes` each.
inline std::vector<fleet::v1::ControlMessage> SnapshotOf(const std::string& bytes,
                                                         const std::string& epoch, int64_t revision,
                                                         size_t piece_bytes = 1 << 20) {
  const int32_t count =
      std::max<int32_t>(1, static_cast<int32_t>((bytes.size() + piece_bytes - 1) / piece_bytes));
  std::vector<fleet::v1::ControlMessage> messages;
  for (int32_t i = 0; i < count; ++i) {
    auto* piece = messages.emplace_back().mutable_snapshot();
    piece->set_epoch(epoch);
    piece->set_revision(revision);
    piece->set_hash(AnnouncedHash(bytes));
    piece->set_lineage(kLineage);
    piece->set_chunk(i);
    piece->set_chunk_count(count);
    piece->set_bytes(bytes.substr(i * piece_bytes, piece_bytes));
  }
  return messages;
}

inline fleet::v1::ControlMessage UpToDate(int64_t revision) {
  fleet::v1::ControlMessage message;
  message.mutable_up_to_date()->set_revision(revision);
  return message;
}

class FakeControlPlane final : public fleet::v1::Fleet::Service {
 public:
  using Messages = std::vector<fleet::v1::ControlMessage>;

  explicit FakeControlPlane(std::string token) : token_(std::move(token)) {
    grpc::ServerBuilder builder;
    wire::ConfigureServer(builder);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeControlPlane() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  std::string address() const { return base::Cat("127.0.0.1:", port_); }

  // What the next streams are answered after their Hello, one entry a stream; the last one serves
  // all that follow.
  void AnswerWith(std::vector<Messages> answers) {
    absl::MutexLock lock(&mutex_);
    answers_ = std::move(answers);
  }
  // Streams end by themselves after their answer.
  void HangUp(bool on) {
    absl::MutexLock lock(&mutex_);
    hang_up_ = on;
  }
  // Ends the stream that is open.
  void Cut() {
    absl::MutexLock lock(&mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }
  // One more message on the stream that is open.
  void Push(const Messages& messages) {
    absl::MutexLock lock(&mutex_);
    for (const auto& message : messages) open_->Write(message);
  }

  // False if that does not come true within ten seconds.
  bool WaitFor(const std::function<bool(const std::vector<fleet::v1::NodeMessage>&)>& seen) {
    absl::MutexLock lock(&mutex_);
    const auto come_true = [&] { return seen(inbox_); };
    return mutex_.AwaitWithTimeout(absl::Condition(&come_true), absl::Seconds(10));
  }
  std::vector<fleet::v1::NodeMessage> Inbox() {
    absl::MutexLock lock(&mutex_);
    return inbox_;
  }

 private:
  using Stream = grpc::ServerReaderWriter<fleet::v1::ControlMessage, fleet::v1::NodeMessage>;

  grpc::Status Connect(grpc::ServerContext* context, Stream* stream) override {
    if (wire::TokenOf(context->client_metadata()) != token_) {
      return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "no");
    }
    fleet::v1::NodeMessage message;
    if (!stream->Read(&message)) return grpc::Status::OK;
    bool hang_up = false;
    {
      absl::MutexLock lock(&mutex_);
      inbox_.push_back(message);
      open_ = stream;
      context_ = context;
      if (!answers_.empty()) {
        for (const auto& answer : answers_.front()) stream->Write(answer);
        if (answers_.size() > 1) answers_.erase(answers_.begin());
      }
      hang_up = hang_up_;
    }
    while (!hang_up && stream->Read(&message)) {
      absl::MutexLock lock(&mutex_);
      inbox_.push_back(message);
    }
    absl::MutexLock lock(&mutex_);
    open_ = nullptr;
    context_ = nullptr;
    return grpc::Status::OK;
  }

  const std::string token_;
  int port_ = 0;
  absl::Mutex mutex_;
  std::vector<Messages> answers_;
  std::vector<fleet::v1::NodeMessage> inbox_;
  Stream* open_ = nullptr;
  grpc::ServerContext* context_ = nullptr;  // of that
  bool hang_up_ = false;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sluice::test
