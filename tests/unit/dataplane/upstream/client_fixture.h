// What the tests of upstream::Client share: a loop, a client, and an observer that keeps what it is
// told.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "dataplane/upstream/client.h"
#include "tests/support/epoll_loop.h"
#include "tests/unit/dataplane/upstream/scripted_server.h"

namespace sluice::upstream {

// Keeps what it is told.
class Recorder final : public Observer {
 public:
  void OnResponseHead(http::ResponseHead& head) override {
    status = head.status;
    for (size_t i = 0; i < head.headers.size(); ++i) {
      headers +=
          std::string(head.headers[i].name) + ": " + std::string(head.headers[i].value) + "\n";
    }
    if (on_head) on_head();
  }
  http::Flow OnResponseBody(std::string_view bytes) override {
    body.append(bytes);
    if (!full_at || body.size() < full_at) return http::Flow::kMore;
    full_at = 0;
    paused = true;
    return http::Flow::kFull;
  }
  void OnResponseEnd() override { ended = true; }
  void OnFailure(const Failure& failure) override {
    error = failure.error;
    nothing_sent = failure.nothing_sent;
    failed = true;
  }
  void OnRequestDrained() override { drained = true; }
  bool over() const { return ended || failed; }

  int status = 0;
  std::string headers;
  std::string body;
  std::function<void()> on_head;
  size_t full_at = 0;
  bool paused = false;
  bool ended = false;
  bool failed = false;
  bool drained = false;
  bool nothing_sent = false;
  http::GatewayError error;
};

class ClientTest : public ::testing::Test {
 protected:
  static Request Get(const ScriptedServer& server, std::string target = "/x") {
    Request request;
    request.method = "GET";
    request.origin = server.origin();
    request.target = std::move(target);
    return request;
  }
  static Request Post(const ScriptedServer& server, http::Framing framing) {
    Request request = Get(server);
    request.method = "POST";
    request.framing = framing;
    return request;
  }
  TransferLease Start(Request request, Recorder& recorder) {
    return TransferLease(client_, client_.Start(std::move(request), &recorder));
  }
  // A request without a body, to its end.
  void Run(Request request, Recorder& recorder) {
    TransferLease transfer = Start(std::move(request), recorder);
    transfer->PushEnd();
    ASSERT_TRUE(loop_.RunUntil([&] { return recorder.over(); }));
  }

  sluice::test::EpollLoop loop_;
  http::WorkerLevels levels_;
  Client client_{loop_, levels_};
};

inline constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace sluice::upstream
