// The admin API of a control plane, for tests that write more, or faster, than sluicectl can.
// Thread-safe.
//
// Each call has a deadline, so that a control plane that was killed fails it. A call that failed
// may have been committed all the same.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "common/wire/channel.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::test {

class AdminClient {
 public:
  // `token_file`: the owner's.
  static absl::StatusOr<std::unique_ptr<AdminClient>> Open(uint16_t port,
                                                           const std::string& token_file);

  // One unary call, e.g. Call(&StatusService::Stub::GetStatus, request).
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) {
    grpc::ClientContext context;
    Prepare(&context);
    Stub stub(channel_);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return wire::ToAbslStatus(status);
    return response;
  }

  struct NewKey {
    std::string id;
    std::string text;
    int64_t revision = 0;
  };
  absl::StatusOr<NewKey> CreateKey(const std::string& name);
  absl::StatusOr<int64_t> RevokeKey(const std::string& key);
  // A change of one key that means nothing to requests.
  absl::StatusOr<int64_t> LabelKey(const std::string& key, const std::string& value);
  // `keys`: made by crypto::MintKey; a few thousand at a time.
  absl::StatusOr<int64_t> DeclareKeys(const std::vector<admin::v1::DeclaredClientKey>& keys);
  absl::StatusOr<std::vector<admin::v1::Node>> Nodes(int64_t* newest);
  // Until every node that is connected has `revision`. DeadlineExceeded after `patience`.
  absl::Status AwaitAll(int64_t revision, absl::Duration patience, int* nodes);

 private:
  AdminClient(std::shared_ptr<grpc::Channel> channel, base::Secret token)
      : channel_(std::move(channel)), token_(std::move(token)) {}
  void Prepare(grpc::ClientContext* context, absl::Duration patience = absl::Seconds(60)) const;

  const std::shared_ptr<grpc::Channel> channel_;
  const base::Secret token_;
};

}  // namespace sluice::test
