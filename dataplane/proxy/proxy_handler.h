// The data port's answer to every request: one per worker, the parent of its exchanges.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "dataplane/config/snapshot_slot.h"
#include "dataplane/event/loop.h"
#include "dataplane/guard/budget_book.h"
#include "dataplane/guard/used_keys.h"
#include "dataplane/http/handler.h"
#include "dataplane/meter/decoder.h"
#include "dataplane/observe/record_queue.h"
#include "dataplane/observe/worker_metrics.h"
#include "dataplane/proxy/request_id.h"
#include "dataplane/proxy/worker_board.h"
#include "dataplane/upstream/client.h"

namespace sluice::proxy {

// What all workers share; outlives them.
struct Shared {
  const config::SnapshotSlot& slot;
  const base::Clock& clock;
  // True: new requests are answered 503 `draining`.
  const std::atomic<bool>& draining;
  guard::UsedKeys& used_keys;
  WorkerBoard& cuts;
  guard::BudgetBook& budgets;
  WorkerBoard& budget_news;
  bool tls = false;  // the data port speaks it
  // Of traces begun here those that are sampled. Nothing: no part is taken in traces.
  std::optional<double> trace_share = std::nullopt;
  // For TLS to providers; null: see upstream::Client.
  const crypto::TrustStore* authorities = nullptr;
};

class Exchange;

class ProxyHandler : public http::RequestHandler {
 public:
  // `metrics` and `records`: the worker's.
  ProxyHandler(const Shared& shared, event::Loop& loop, observe::WorkerMetrics& metrics,
               observe::RecordQueue& records);

  std::unique_ptr<http::Exchange> OnRequest(const http::RequestHead& head,
                                            http::ResponseSink& sink) override;
  http::Limits limits() const override;
  void OnRejected(const http::GatewayError& error) override;
  std::string NewRequestId() override { return request_ids_.Next(); }
  void OnWaitingForClients(size_t bytes) override {
    const auto waiting = static_cast<int64_t>(bytes);
    metrics_.levels().download_bytes.Add(waiting - std::exchange(waiting_for_clients_, waiting));
  }

  // For exchanges.
  const Shared& shared() const { return shared_; }
  upstream::Client& upstream() { return upstream_; }
  observe::WorkerMetrics& metrics() { return metrics_; }
  observe::RecordQueue& records() { return records_; }
  meter::DecodingBudget& decoding() { return decoding_; }
  event::MonoTime now() const { return loop_.now(); }
  event::TimerQueue& timers() { return loop_.timers(); }
  // From its construction to its destruction; `place` is where the list keeps it.
  void Join(Exchange* exchange, size_t* place);
  void Leave(size_t place);

 private:
  // Ends what runs with a client key that was cut.
  void CutRevoked();
  // Has what waits for its key's budget look again.
  void LookAtBudgets();

  const Shared shared_;
  event::Loop& loop_;
  observe::WorkerMetrics& metrics_;
  observe::RecordQueue& records_;
  mutable config::SnapshotPin pin_;
  RequestIds request_ids_;
  meter::DecodingBudget decoding_;
  upstream::Client upstream_;
  struct Joined {
    Exchange* exchange;
    size_t* place;
  };
  std::vector<Joined> exchanges_;
  int64_t waiting_for_clients_ = 0;  // bytes at the edge, as told last
  WorkerBoard::Seat cuts_seat_;
  WorkerBoard::Seat budget_seat_;
};

}  // namespace sluice::proxy
