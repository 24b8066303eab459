// What a call shows of its caller, for the gate.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>

#include "controlplane/access/principal.h"

namespace sluice::service {

// Lives as long as the context.
class PresentedBy {
 public:
  explicit PresentedBy(const grpc::CallbackServerContext& context);
  access::Presented facts() const { return {tls_, token_, certificate_}; }

 private:
  bool tls_;
  std::string_view token_;
  std::string certificate_;
};

}  // namespace sluice::service
