// Event streams: opens them, a number at a time, reads each to its end, and notes when its events
// came.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tests/bench/fleet/samples.h"
#include "tests/bench/load/client_connection.h"
#include "tests/bench/load/poller.h"

namespace sluice::bench {

struct StreamPlan {
  uint16_t port = 0;
  std::string request;
  size_t streams = 100;  // in all
  size_t at_once = 100;  // each on a connection of its own, which the next one uses again
  size_t events = 0;     // that each must have; 0: any
  std::chrono::milliseconds spread{0};  // over which the first ones begin, so that they take turns
  std::chrono::seconds patience{60};    // for the whole
};

struct StreamFigures {
  Samples first_event;  // from the sending of the request
  Samples gap;          // between events of a stream
  size_t streams = 0;
  size_t events = 0;
  double seconds = 0;
};

class StreamLoad final : public ClientConnection::Listener {
 public:
  explicit StreamLoad(StreamPlan plan) : plan_(std::move(plan)) {}

  // Returns when all have ended, or with the first that failed.
  absl::Status Run();
  const StreamFigures& figures() const { return figures_; }

 private:
  struct Stream {
    std::unique_ptr<ClientConnection> connection;
    SteadyTime begun;
    SteadyTime last_event;
    size_t events = 0;
    bool line_ended = false;  // the last byte was a line feed
  };

  void OnBody(ClientConnection& connection, std::string_view piece) override;
  void OnAnswer(ClientConnection& connection) override;
  void OnFailure(ClientConnection& connection, const absl::Status& status) override;

  SteadyTime DueTime(size_t stream) const;
  void Begin(Stream& stream);
  void TakeEvent(Stream& stream, SteadyTime now);
  bool done() const { return figures_.streams == plan_.streams || !failure_.ok(); }

  const StreamPlan plan_;
  Poller poller_;
  std::vector<Stream> streams_;
  SteadyTime begin_;
  size_t begun_ = 0;
  absl::Status failure_;
  StreamFigures figures_;
};

}  // namespace sluice::bench
