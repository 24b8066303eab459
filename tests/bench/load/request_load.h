// The same request again and again over kept connections, at a fixed rate or as fast as the
// connections allow.
//
// At a fixed rate each request has a time at which it is due, whatever became of those before; if
// all connections are busy then, it waits for one, and its time counts from when it was due. So a
// server that stalls is charged for all requests of the stall, not only for those that were on
// their way (the "coordinated omission" of clients that wait with it).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/bench/fleet/samples.h"
#include "tests/bench/load/client_connection.h"
#include "tests/bench/load/poller.h"

namespace sluice::bench {

struct RequestPlan {
  uint16_t port = 0;
  std::string request;    // as sent
  int64_t zeros = 0;      // bytes of body that follow it
  int64_t expected = -1;  // bytes of each answer's body; -1: any
  size_t connections = 10;
  double rate = 0;         // requests a second; 0: each connection sends when it has its answer
  size_t requests = 1000;  // in all
  size_t warm_up = 0;      // the first ones that are not counted
  std::chrono::seconds patience{60};  // for the whole
};

struct RequestFigures {
  Samples latency;
  size_t answered = 0;
  double seconds = 0;  // from the first counted request until the last answer
};

class RequestLoad final : public ClientConnection::Listener {
 public:
  explicit RequestLoad(RequestPlan plan) : plan_(std::move(plan)) {}

  // Returns when all are answered, or with the first that failed.
  absl::Status Run();
  const RequestFigures& figures() const { return figures_; }

 private:
  void OnAnswer(ClientConnection& connection) override;
  void OnFailure(ClientConnection& connection, const absl::Status& status) override;

  SteadyTime DueTime(size_t request) const;
  void SendWhatIsDue();
  bool done() const { return answered_ == plan_.requests || !failure_.ok(); }

  const RequestPlan plan_;
  Poller poller_;
  std::vector<std::unique_ptr<ClientConnection>> connections_;
  std::vector<SteadyTime> due_;  // of the request that each connection is at
  std::vector<size_t> number_;   // ... and which one it is
  std::vector<ClientConnection*> idle_;
  SteadyTime begin_;
  size_t next_ = 0;
  size_t answered_ = 0;
  absl::Status failure_;
  RequestFigures figures_;
};

}  // namespace sluice::bench
