#include "controlplane/service/presented.h"

#include "common/wire/channel.h"

namespace sluice::service {

PresentedBy::PresentedBy(const grpc::CallbackServerContext& context)
    : token_(wire::TokenOf(context.client_metadata())) {
  const auto peer = context.auth_context();
  tls_ = wire::IsOverTls(*peer);
  certificate_ = wire::PeerCertificate(*peer);
}

}  // namespace sluice::service
