// The small HTTP port for probes and metrics: GET of fixed paths, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/address.h"

namespace Pistache::Http {
class Endpoint;
}

namespace sluice::service {

struct OpsAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

class OpsPort {
 public:
  // Called on the port's thread.
  using Handler = std::function<OpsAnswer()>;

  // FailedPrecondition names the address and the reason.
  static absl::StatusOr<std::unique_ptr<OpsPort>> Start(
      const base::HostPort& address, const std::map<std::string, Handler>& paths);
  ~OpsPort();

  uint16_t port() const { return port_; }

 private:
  OpsPort(std::unique_ptr<Pistache::Http::Endpoint> endpoint, uint16_t port);

  std::unique_ptr<Pistache::Http::Endpoint> endpoint_;
  uint16_t port_;
};

}  // namespace sluice::service
