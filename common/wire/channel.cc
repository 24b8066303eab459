#include "common/wire/channel.h"

#include <string_view>

#include "common/base/address.h"
#include "common/base/text.h"

namespace sluice::wire {
namespace {

constexpr int kPingEveryMs = 20'000;
constexpr int kPingTimeoutMs = 10'000;
// Below kPingEveryMs: a server answers pings that come faster than this with a GOAWAY.
constexpr int kPingNotBelowMs = 10'000;
constexpr int kFirstBackoffMs = 250;
constexpr int kMaxBackoffMs = 5'000;
constexpr int kConnectTimeoutMs = 5'000;

constexpr char kTokenMetadata[] = "authorization";
constexpr std::string_view kBearer = "Bearer ";

grpc::ChannelArguments ArgumentsOf(const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingEveryMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstBackoffMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxBackoffMs);
  // By its name a backoff, in fact how long one attempt may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  // A token must not travel through whatever http_proxy names.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  if (options.own_connection) arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

// A name is given to DNS by name, so that a host called "unix" is no socket path; the library
// itself does so for an IPv6 address. "localhost" is never looked up: what may go in plaintext
// because the name is loopback stays on this machine whatever a resolver says.
std::string TargetOf(const base::HostPort& address) {
  if (base::EqualsIgnoreCase(address.host, "localhost")) {
    return base::Cat("ipv4:127.0.0.1:", address.port);
  }
  const std::string text = address.ToString();
  return text.starts_with("[") ? text : base::Cat("dns:///", text);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ChannelOptions& options) {
  const absl::StatusOr<base::HostPort> address = base::ParseHostPort(options.target);
  if (!address.ok()) return address.status();
  if (!options.insecure && !address->IsLoopback()) {
    return absl::FailedPreconditionError(
        base::Cat("the address \"", options.target,
                  "\" is not a loopback address, and a plaintext connection to another machine "
                  "has to be allowed explicitly"));
  }
  return grpc::CreateCustomChannel(TargetOf(*address), grpc::InsecureChannelCredentials(),
                                   ArgumentsOf(options));
}

void ConfigureServer(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingEveryMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingNotBelowMs);
  // Else a second control plane binds the same port and takes half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

void AttachToken(grpc::ClientContext& context, const base::Secret& token) {
  context.AddMetadata(kTokenMetadata, base::Cat(kBearer, token.Reveal()));
}

std::string_view TokenOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  // Two tokens say nothing about which one is meant.
  if (metadata.count(kTokenMetadata) != 1) return "";
  const grpc::string_ref value = metadata.find(kTokenMetadata)->second;
  const std::string_view text(value.data(), value.size());
  if (!base::EqualsIgnoreCase(text.substr(0, kBearer.size()), kBearer)) return "";
  return text.substr(kBearer.size());
}

absl::Status ToAbslStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.raw_code()),
                      std::string(status.message()));
}

}  // namespace sluice::wire
