#include "tests/bench/load/stream_load.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::bench {

using std::chrono::steady_clock;

absl::Status StreamLoad::Run() {
  const size_t connections = std::min(plan_.at_once, plan_.streams);
  streams_.resize(connections);
  for (size_t i = 0; i < connections; ++i) {
    streams_[i].connection = std::make_unique<ClientConnection>(poller_, *this, i);
    const absl::Status status = streams_[i].connection->Connect(plan_.port);
    if (!status.ok()) return status;
  }
  begin_ = steady_clock::now();
  const SteadyTime end = begin_ + plan_.patience;
  size_t first = 0;
  while (!done()) {
    while (first < connections && DueTime(first) <= steady_clock::now()) Begin(streams_[first++]);
    if (steady_clock::now() > end) {
      return absl::DeadlineExceededError(
          absl::StrCat("only ", figures_.streams, " of ", plan_.streams, " streams ended"));
    }
    poller_.Turn(first < connections ? std::min(end, DueTime(first)) : end);
  }
  figures_.seconds = std::chrono::duration<double>(steady_clock::now() - begin_).count();
  return failure_;
}

SteadyTime StreamLoad::DueTime(size_t stream) const {
  return begin_ + plan_.spread * stream / streams_.size();
}

void StreamLoad::Begin(Stream& stream) {
  ++begun_;
  stream.events = 0;
  stream.line_ended = false;
  stream.begun = steady_clock::now();
  stream.connection->Send(plan_.request);
}

void StreamLoad::OnBody(ClientConnection& connection, std::string_view piece) {
  const SteadyTime now = steady_clock::now();
  Stream& stream = streams_[connection.number()];
  for (size_t at = 0; at < piece.size();) {
    const bool blank = piece[at] == '\n' && stream.line_ended;
    if (blank) TakeEvent(stream, now);
    if (piece[at] == '\n') {
      stream.line_ended = !blank;
      ++at;
      continue;
    }
    stream.line_ended = false;
    at = std::min(piece.size(), piece.find('\n', at));
  }
}

void StreamLoad::TakeEvent(Stream& stream, SteadyTime now) {
  if (stream.events++ == 0) {
    figures_.first_event.Add(now - stream.begun);
  } else {
    figures_.gap.Add(now - stream.last_event);
  }
  stream.last_event = now;
}

void StreamLoad::OnAnswer(ClientConnection& connection) {
  Stream& stream = streams_[connection.number()];
  if (stream.events == 0 || (plan_.events > 0 && stream.events != plan_.events)) {
    failure_ = absl::DataLossError(
        absl::StrCat("a stream of ", stream.events, " events in place of ", plan_.events));
    return;
  }
  ++figures_.streams;
  figures_.events += stream.events;
  if (begun_ < plan_.streams) Begin(stream);
}

void StreamLoad::OnFailure(ClientConnection&, const absl::Status& status) { failure_ = status; }

}  // namespace sluice::bench
