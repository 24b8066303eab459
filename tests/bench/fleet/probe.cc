#include "tests/bench/fleet/probe.h"

#include "tests/support/http_reader.h"
#include "tests/support/stack/stack.h"

namespace sluice::bench {

Probe::Probe(uint16_t port, const std::string& key, std::chrono::milliseconds patience)
    : port_(port), patience_(patience) {
  UseKey(key);
}

void Probe::UseKey(const std::string& key) {
  request_ = test::RequestText("GET", "/p/demo/models", {test::Stack::Bearer(key)});
}

int Probe::Fail(const std::string& why) {
  error_ = why;
  socket_.reset();
  return 0;
}

int Probe::Ask() {
  if (!socket_) {
    auto socket = test::RawSocket::Connect(port_);
    if (!socket.ok()) return Fail(std::string(socket.status().message()));
    socket_.emplace(*std::move(socket));
  }
  const test::Deadline deadline(patience_);
  if (absl::Status sent = socket_->SendAll(request_, deadline); !sent.ok()) {
    return Fail("sending: " + std::string(sent.message()));
  }
  auto answer = test::ReadAnswer(*socket_, "GET", deadline);
  if (!answer.ok()) return Fail("reading: " + std::string(answer.status().message()));
  if (answer->Header("Connection") == "close") socket_.reset();
  error_ = answer->status == 200 ? "" : std::to_string(answer->status) + " " + answer->body;
  return answer->status;
}

}  // namespace sluice::bench
