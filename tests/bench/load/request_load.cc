#include "tests/bench/load/request_load.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::bench {

using std::chrono::steady_clock;

absl::Status RequestLoad::Run() {
  for (size_t i = 0; i < plan_.connections; ++i) {
    connections_.push_back(std::make_unique<ClientConnection>(poller_, *this, i));
    const absl::Status status = connections_.back()->Connect(plan_.port);
    if (!status.ok()) return status;
    idle_.push_back(connections_.back().get());
  }
  due_.resize(plan_.connections);
  number_.resize(plan_.connections);
  begin_ = steady_clock::now();
  const SteadyTime end = begin_ + plan_.patience;
  while (!done()) {
    if (steady_clock::now() > end) {
      return absl::DeadlineExceededError(
          absl::StrCat("only ", answered_, " of ", plan_.requests, " requests were answered"));
    }
    SendWhatIsDue();
    const bool waits_for_time = !idle_.empty() && next_ < plan_.requests;
    poller_.Turn(waits_for_time ? std::min(end, DueTime(next_)) : end);
  }
  const SteadyTime counted_from = DueTime(plan_.rate > 0 ? plan_.warm_up : 0);
  figures_.seconds = std::chrono::duration<double>(steady_clock::now() - counted_from).count();
  return failure_;
}

SteadyTime RequestLoad::DueTime(size_t request) const {
  if (plan_.rate <= 0) return begin_;
  const std::chrono::duration<double> after(static_cast<double>(request) / plan_.rate);
  return begin_ + std::chrono::duration_cast<steady_clock::duration>(after);
}

void RequestLoad::SendWhatIsDue() {
  while (!idle_.empty() && next_ < plan_.requests && failure_.ok()) {
    const SteadyTime now = steady_clock::now();
    const SteadyTime due = plan_.rate > 0 ? DueTime(next_) : now;
    if (due > now) return;
    ClientConnection* const connection = idle_.back();
    idle_.pop_back();
    due_[connection->number()] = due;
    number_[connection->number()] = next_++;
    connection->Send(plan_.request, plan_.zeros);
  }
}

void RequestLoad::OnAnswer(ClientConnection& connection) {
  if (plan_.expected >= 0 && connection.body_bytes() != plan_.expected) {
    failure_ = absl::DataLossError(absl::StrCat("an answer of ", connection.body_bytes(),
                                                " bytes in place of ", plan_.expected));
    return;
  }
  ++answered_;
  if (number_[connection.number()] >= plan_.warm_up) {
    ++figures_.answered;
    figures_.latency.Add(steady_clock::now() - due_[connection.number()]);
  }
  idle_.push_back(&connection);
}

void RequestLoad::OnFailure(ClientConnection&, const absl::Status& status) { failure_ = status; }

}  // namespace sluice::bench
