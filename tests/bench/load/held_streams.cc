#include "tests/bench/load/held_streams.h"

#include <sys/epoll.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::bench {
namespace {

using std::chrono::steady_clock;

// That have not begun yet: what a listener's queue of connections takes at the least.
constexpr size_t kOpeningAtOnce = 100;

class Bell final : public Watcher {
 public:
  void OnReady(uint32_t) override { rung = true; }
  bool rung = false;
};

}  // namespace

absl::Status HeldStreams::Open(size_t count, std::chrono::seconds patience) {
  const SteadyTime end = steady_clock::now() + patience;
  has_begun_.resize(count);
  while (begun_ < count) {
    while (connections_.size() < std::min(count, begun_ + kOpeningAtOnce)) {
      connections_.push_back(
          std::make_unique<ClientConnection>(poller_, *this, connections_.size()));
      const absl::Status status = connections_.back()->Connect(port_);
      if (!status.ok()) return status;
      connections_.back()->Send(request_);
    }
    poller_.Turn(end);
    if (!failure_.ok()) return failure_;
    if (steady_clock::now() > end) {
      return absl::DeadlineExceededError(absl::StrCat("only ", begun_, " streams began"));
    }
  }
  return absl::OkStatus();
}

absl::Status HeldStreams::HoldUntilReadable(int fd) {
  Bell bell;
  poller_.Watch(fd, EPOLLIN, &bell);
  while (!bell.rung && failure_.ok()) poller_.Turn(steady_clock::now() + std::chrono::hours(1));
  poller_.Unwatch(fd);
  return failure_;
}

void HeldStreams::OnBody(ClientConnection& connection, std::string_view) {
  if (!has_begun_[connection.number()]) ++begun_;
  has_begun_[connection.number()] = true;
}

void HeldStreams::OnAnswer(ClientConnection&) {
  failure_ = absl::DataLossError("a stream that was to stay open ended");
}

void HeldStreams::OnFailure(ClientConnection&, const absl::Status& status) { failure_ = status; }

}  // namespace sluice::bench
