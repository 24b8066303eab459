// What the ops port answers: /livez, /readyz, /metrics. One per worker of that port; the callbacks
// run on its thread and must not block.
//
//   /livez    200 "ok" as long as the process answers at all
//   /readyz   200 or 503, JSON (observe/readiness.h)
//   /metrics  200, Prometheus text
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "dataplane/http/handler.h"
#include "dataplane/observe/readiness.h"

namespace sluice::observe {

class OpsPages : public http::RequestHandler {
 public:
  OpsPages(std::function<Readiness()> readiness, std::function<std::string()> metrics);

  std::unique_ptr<http::Exchange> OnRequest(const http::RequestHead& head,
                                            http::ResponseSink& sink) override;
  http::Limits limits() const override;
  // Not counted: the metrics are of the data port.
  void OnRejected(const http::GatewayError& error) override;
  std::string NewRequestId() override;

 private:
  std::function<Readiness()> readiness_;
  std::function<std::string()> metrics_;
};

}  // namespace sluice::observe
