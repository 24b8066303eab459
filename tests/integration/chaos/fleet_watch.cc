#include "tests/integration/chaos/fleet_watch.h"

#include "common/base/text.h"
#include "nlohmann/json.hpp"
#include "tests/support/http_reader.h"
#include "tests/support/stack/stack.h"

namespace sluice::test {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{20};
constexpr char kStream[] = "/p/demo/chat/completions?emu.events=40&emu.pace_ms=20";
constexpr char kBody[] = R"({"model":"m","stream":true,"messages":[]})";

}  // namespace

FleetWatch::FleetWatch(const std::vector<Node>& nodes, const std::string& key,
                       std::chrono::milliseconds patience)
    : patience_(patience) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node node = nodes[i];
    threads_.emplace_back([this, i, node] { Look(i, node.ops_port); });
    threads_.emplace_back([this, i, node, key] { Stream(i, node.port, key); });
  }
}

FleetWatch::Result FleetWatch::Stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  absl::MutexLock lock(&mutex_);
  return result_;
}

void FleetWatch::Complain(size_t number, const std::string& what) {
  absl::MutexLock lock(&mutex_);
  if (result_.complaints.size() < 20) {
    result_.complaints.push_back(base::Cat("data plane ", number, ": ", what));
  }
}

void FleetWatch::Look(size_t number, uint16_t ops_port) {
  int64_t highest = 0;
  std::string epoch;
  while (!stopping_) {
    const auto answer = Fetch(ops_port, "GET", "/readyz", {}, {}, Deadline(patience_));
    if (!answer.ok() || answer->status != 200) {
      Complain(number, answer.ok() ? "not ready: " + answer->body
                                   : base::Cat("/readyz: ", answer.status().message()));
    } else {
      const auto page = nlohmann::json::parse(answer->body, nullptr, false);
      const int64_t revision = page.value("revision", int64_t{-1});
      if (revision < highest) {
        Complain(number, base::Cat("serves revision ", revision, " after ", highest));
      }
      highest = std::max(highest, revision);
      if (!epoch.empty() && page.value("epoch", "") != epoch) Complain(number, "another epoch");
      epoch = page.value("epoch", "");
    }
    {
      absl::MutexLock lock(&mutex_);
      ++result_.looks;
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

std::string FleetWatch::StreamOnce(uint16_t port, const std::string& key) const {
  const Deadline deadline(patience_);
  auto socket = RawSocket::Connect(port);
  if (!socket.ok()) return std::string(socket.status().message());
  absl::Status status =
      socket->SendAll(RequestText("POST", kStream, {Stack::Bearer(key)}, kBody), deadline);
  if (!status.ok()) return std::string(status.message());
  auto answer = ReadHead(*socket, deadline);
  if (!answer.ok()) return std::string(answer.status().message());
  status = ReadBody(*socket, *answer, "POST", deadline);
  if (!status.ok()) return std::string(status.message());
  if (answer->status != 200) return base::Cat(answer->status, " ", answer->body);
  return answer->body.ends_with("data: [DONE]\n\n") ? "" : "its end is missing";
}

void FleetWatch::Stream(size_t number, uint16_t port, const std::string& key) {
  while (!stopping_) {
    const std::string wrong = StreamOnce(port, key);
    if (!wrong.empty()) {
      Complain(number, "a stream: " + wrong);
      std::this_thread::sleep_for(kBetweenLooks);
    }
    absl::MutexLock lock(&mutex_);
    ++result_.streams;
  }
}

}  // namespace sluice::test
