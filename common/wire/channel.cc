#include "common/wire/channel.h"

#include <grpc/grpc_security_constants.h>

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

// "localhost" is never looked up: what may go in plaintext because the name is loopback stays on
// this machine whatever a resolver says.
bool IsLocalhost(const base::HostPort& address) {
  return base::EqualsIgnoreCase(address.host, "localhost");
}

grpc::ChannelArguments ArgumentsOf(const ChannelOptions& options, const base::HostPort& address) {
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
  // A certificate has the name, not what it stands for.
  if (IsLocalhost(address)) arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, address.ToString());
  if (options.own_connection) arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

// A name is given to DNS by name, so that a host called "unix" is no socket path; the library
// itself does so for an IPv6 address.
std::string TargetOf(const base::HostPort& address) {
  if (IsLocalhost(address)) return base::Cat("ipv4:127.0.0.1:", address.port);
  const std::string text = address.ToString();
  return text.starts_with("[") ? text : base::Cat("dns:///", text);
}

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const ChannelOptions& options) {
  if (options.authorities.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.authorities;
  tls.pem_cert_chain = options.certificate;
  tls.pem_private_key = std::string(options.private_key.Reveal());
  auto credentials = grpc::SslCredentials(tls);
  base::Wipe(tls.pem_private_key.data(), tls.pem_private_key.size());
  return credentials;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ChannelOptions& options) {
  const absl::StatusOr<base::HostPort> address = base::ParseHostPort(options.target);
  if (!address.ok()) return address.status();
  const bool tls = !options.authorities.empty();
  if (!tls && !options.insecure && !address->IsLoopback()) {
    return absl::FailedPreconditionError(
        base::Cat("the address \"", options.target,
                  "\" is not a loopback address, and a plaintext connection to another machine "
                  "has to be allowed explicitly"));
  }
  return grpc::CreateCustomChannel(TargetOf(*address), CredentialsOf(options),
                                   ArgumentsOf(options, *address));
}

std::shared_ptr<grpc::ServerCredentials> TlsServer(const ServerIdentity& identity) {
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
  tls.pem_key_cert_pairs.push_back(
      {std::string(identity.private_key.Reveal()), identity.certificates});
  auto credentials = grpc::SslServerCredentials(tls);
  std::string& key = tls.pem_key_cert_pairs.front().private_key;
  base::Wipe(key.data(), key.size());
  return credentials;
}

bool IsOverTls(const grpc::AuthContext& peer) {
  for (const grpc::string_ref& type :
       peer.FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME)) {
    if (type == GRPC_SSL_TRANSPORT_SECURITY_TYPE) return true;
  }
  return false;
}

std::string PeerCertificate(const grpc::AuthContext& peer) {
  if (!IsOverTls(peer)) return "";
  const auto found = peer.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (found.size() != 1) return "";
  return {found.front().data(), found.front().size()};
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
