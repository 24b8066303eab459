#include "dataplane/proxy/proxy_handler.h"

#include "dataplane/proxy/exchange.h"

namespace sluice::proxy {

ProxyHandler::ProxyHandler(const Shared& shared, event::Loop& loop, observe::WorkerMetrics& metrics)
    : shared_(shared),
      loop_(loop),
      metrics_(metrics),
      pin_(shared.slot),
      upstream_(loop),
      seat_(shared.cuts, loop, [this] { CutRevoked(); }) {}

void ProxyHandler::Join(Exchange* exchange, size_t* place) {
  *place = exchanges_.size();
  exchanges_.push_back({exchange, place});
}

// The last one takes the place.
void ProxyHandler::Leave(size_t place) {
  exchanges_[place] = exchanges_.back();
  *exchanges_[place].place = place;
  exchanges_.pop_back();
}

void ProxyHandler::CutRevoked() {
  for (const Joined& joined : exchanges_) joined.exchange->CutIfRevoked();
}

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
