#include "dataplane/proxy/proxy_handler.h"

#include <utility>

#include "dataplane/proxy/exchange.h"

namespace sluice::proxy {

ProxyHandler::ProxyHandler(const Shared& shared, event::Loop& loop, observe::WorkerMetrics& metrics,
                           observe::RecordQueue& records)
    : shared_(shared),
      loop_(loop),
      metrics_(metrics),
      records_(records),
      pin_(shared.slot),
      upstream_(loop, metrics.levels(), shared.authorities),
      cuts_seat_(shared.cuts, loop, [this] { CutRevoked(); }),
      budget_seat_(shared.budget_news, loop, [this] { LookAtBudgets(); }) {
  decoding_.shown = &metrics.levels().decoder_bytes;
}

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

void ProxyHandler::LookAtBudgets() {
  for (const Joined& joined : exchanges_) joined.exchange->LookAtBudget();
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
  observe::RequestRecord record;
  record.ended_at = shared_.clock.Now();
  record.outcome.status = error.status;
  record.outcome.failed = error.side;
  record.reason = error.code;
  metrics_.OnEnded(record.outcome);
  records_.Push(std::move(record));
}

}  // namespace sluice::proxy
