// Streams that have begun, say nothing more, and stay open until they are let go.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tests/bench/load/client_connection.h"
#include "tests/bench/load/poller.h"

namespace sluice::bench {

class HeldStreams final : public ClientConnection::Listener {
 public:
  HeldStreams(uint16_t port, std::string request) : port_(port), request_(std::move(request)) {}

  // Returns when `count` streams have brought bytes of their body.
  absl::Status Open(size_t count, std::chrono::seconds patience);
  // Until `fd` can be read, which its end counts as. An error if a stream ends before.
  absl::Status HoldUntilReadable(int fd);

 private:
  void OnBody(ClientConnection& connection, std::string_view piece) override;
  void OnAnswer(ClientConnection& connection) override;
  void OnFailure(ClientConnection& connection, const absl::Status& status) override;

  const uint16_t port_;
  const std::string request_;
  Poller poller_;
  std::vector<std::unique_ptr<ClientConnection>> connections_;
  std::vector<bool> has_begun_;
  size_t begun_ = 0;
  absl::Status failure_;
};

}  // namespace sluice::bench
