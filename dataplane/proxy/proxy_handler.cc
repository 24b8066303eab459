#include "dataplane/proxy/proxy_handler.h"

#include "dataplane/proxy/exchange.h"

namespace sluice::proxy {

ProxyHandler::ProxyHandler(const Shared& shared, event::Loop& loop, observe::WorkerMetrics& metrics)
    : shared_(shared), metrics_(metrics), pin_(shared.slot), upstream_(loop) {}

std::unique_ptr<http::Exchange> ProxyHandler::OnRequest(const http::RequestHead& head,
                                                        http::ResponseSink& sink) {
  auto exchange = std::make_unique<Exchange>(*this, pin_.Get(), head, sink);
  exchange->Start();
  return exchange;
}

http::Limits ProxyHandler::limits() const {
  const std::shared_ptr<const config::Snapshot>& snapshot = pin_.Get();
  return snapshot ? snapshot->limits() : http::Limits{};
}

void ProxyHandler::OnRejected(const http::GatewayError& error) {
  metrics_.OnStarted();
  observe::RequestOutcome outcome;
  outcome.status = error.status;
  outcome.failed = error.side;
  metrics_.OnEnded(outcome);
}

}  // namespace sluice::proxy
