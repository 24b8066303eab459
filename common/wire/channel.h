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

  // PEM. Not empty: TLS, with a server that one of these authorities vouches for and whose
  // certificate has the host of `target`.
  std::string authorities = {};
  // With TLS, what the client shows of itself: PEM, both or none.
  std::string certificate = {};
  base::Secret private_key = {};
};

// FailedPrecondition for plaintext to another machine without `insecure`.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ChannelOptions& options);

// Of a server with TLS: PEM.
struct ServerIdentity {
  std::string certificates;  // its own, then those in between
  base::Secret private_key;
};
// Asks each client for its certificate and takes any, or none, but only with the proof that the
// client holds its key: who it is from is for the server to find out (`PeerCertificate`), which can
// say what is wrong with it. A handshake that fails cannot.
std::shared_ptr<grpc::ServerCredentials> TlsServer(const ServerIdentity& identity);

// Keepalive and message limits that fit OpenChannel's.
void ConfigureServer(grpc::ServerBuilder& builder);

// Of a call on a server: whether it came over TLS, and the certificate that its client showed,
// unchecked, as PEM; "" if none.
bool IsOverTls(const grpc::AuthContext& peer);
std::string PeerCertificate(const grpc::AuthContext& peer);

// The metadata that carries a token: "authorization: Bearer <token>".
void AttachToken(grpc::ClientContext& context, const base::Secret& token);
// The token of a call, or "" if there is none. Valid as long as the context.
std::string_view TokenOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

absl::Status ToAbslStatus(const grpc::Status& status);
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace sluice::wire
