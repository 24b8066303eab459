// How gRPC clients and servers of Sluice reach each other: credentials, keepalive, message limits.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace sluice::wire {

inline constexpr int kMaxMessageBytes = 8 * 1024 * 1024;

struct ChannelOptions {
  std::string target;           // host:port
  bool insecure = false;        // plaintext to an address that is not loopback
  bool own_connection = false;  // do not share a connection with equal channels of this process
};

// FailedPrecondition for plaintext to another machine without `insecure`.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ChannelOptions& options);

// Keepalive and message limits that fit OpenChannel's.
void ConfigureServer(grpc::ServerBuilder& builder);

// The metadata that carries a token: "authorization: Bearer <token>".
void AttachToken(grpc::ClientContext& context, const base::Secret& token);
// The token of a call, or "" if there is none. Valid as long as the context.
std::string_view TokenOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

absl::Status ToAbslStatus(const grpc::Status& status);
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace sluice::wire
