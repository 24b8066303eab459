#include "dataplane/link/control_link.h"

#include <utility>

#include "absl/time/time.h"
#include "common/base/text.h"
#include "common/wire/channel.h"
#include "dataplane/link/join_token.h"
#include "dataplane/link/snapshot_assembly.h"
#include "spdlog/spdlog.h"

namespace sluice::link {
namespace {

using SteadyClock = std::chrono::steady_clock;

// What this node can take, for a control plane that knows more.
constexpr std::string_view kCapabilities[] = {"snapshot", "accept"};

}  // namespace

ControlLink::ControlLink(Options options, config::SnapshotSlot& slot, config::LiveState& live_state,
                         config::LastKnownGood& last_known_good,
                         std::function<fleet::v1::Heartbeat()> heartbeat, const base::Clock& clock)
    : options_(std::move(options)),
      slot_(slot),
      heartbeat_(std::move(heartbeat)),
      status_(clock),
      intake_(slot, live_state, last_known_good, status_, clock),
      backoff_(options_.backoff, options_.seed) {
  if (const auto served = slot_.Load()) {
    status_.Resumed(served->epoch(), served->revision(), last_known_good.saved_at());
  }
}

ControlLink::~ControlLink() { Stop(); }

void ControlLink::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ControlLink::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
  }
  if (thread_.joinable()) thread_.join();
}

void ControlLink::Run() {
  do {
    Connection connection;
    const absl::Status why = Connect(connection);
    if (stopping()) return;
    OnLost(why, connection);
    intake_.Tend();
  } while (Wait(backoff_.Next()));
}

absl::Status ControlLink::Connect(Connection& connection) {
  const auto token = ReadJoinToken(options_.join_token_file);
  if (!token.ok()) return token.status();
  const auto channel = wire::OpenChannel(
      {.target = options_.control_plane, .insecure = options_.insecure, .own_connection = true});
  if (!channel.ok()) return channel.status();
  FleetStream stream(*channel, *token);
  if (!Expose(&stream)) return absl::CancelledError("the node stops");
  const absl::Status why = Converse(stream, connection);
  Expose(nullptr);
  return why;
}

absl::Status ControlLink::Converse(FleetStream& stream, Connection& connection) {
  SnapshotAssembly assembly(options_.max_snapshot_bytes);
  intake_.ClearTaken();
  stream.Send(Hello());
  const auto answer_by = SteadyClock::now() + options_.answer;
  fleet::v1::ControlMessage message;
  while (true) {
    const auto deadline = connection.answered ? connection.next_heartbeat : answer_by;
    const FleetStream::Event event = stream.Next(deadline, &message);
    if (event == FleetStream::Event::kEnded) return wire::ToAbslStatus(stream.status());
    if (event == FleetStream::Event::kMessage) {
      if (!connection.answered) OnFirstAnswer(connection);
      OnMessage(message, assembly, stream);
    } else if (!connection.answered) {
      return absl::DeadlineExceededError(
          base::Cat("no answer within ", absl::FormatDuration(absl::FromChrono(options_.answer))));
    }
    if (SteadyClock::now() >= connection.next_heartbeat) Beat(stream, connection);
  }
}

void ControlLink::OnFirstAnswer(Connection& connection) {
  connection.answered = true;
  connection.answered_at = SteadyClock::now();
  connection.next_heartbeat = connection.answered_at;
  outage_log_.Over();
  status_.Connected();
  spdlog::info("connected to control plane {} as node {}", options_.control_plane,
               options_.node_id);
}

void ControlLink::OnMessage(const fleet::v1::ControlMessage& message, SnapshotAssembly& assembly,
                            FleetStream& stream) {
  if (message.has_snapshot()) {
    SnapshotAssembly::Result result = assembly.Add(message.snapshot());
    if (result.whole.has_value()) stream.Send(intake_.Take(*std::move(result.whole)));
    if (result.refusal.has_value()) {
      stream.Send(intake_.Refuse(message.snapshot().revision(), *result.refusal));
    }
    return;
  }
  assembly.Clear();
  if (message.has_accept()) {
    return intake_.Accept(message.accept().epoch(), message.accept().revision());
  }
  if (!message.has_up_to_date()) return;  // of a newer control plane
  if (message.up_to_date().revision() == status_.State().revision) {
    status_.Confirmed();
  } else {
    spdlog::warn("control plane {} takes revision {} for the one this node serves, which is {}",
                 options_.control_plane, message.up_to_date().revision(), status_.State().revision);
  }
}

void ControlLink::Beat(FleetStream& stream, Connection& connection) {
  connection.next_heartbeat = SteadyClock::now() + options_.heartbeat;
  intake_.Tend();
  if (stream.unsent() > 0) return;  // what waits says as well that the node is alive
  fleet::v1::NodeMessage message;
  *message.mutable_heartbeat() = heartbeat_();
  message.mutable_heartbeat()->set_serving(status_.live() ? fleet::v1::Heartbeat::LIVE
                                                          : fleet::v1::Heartbeat::LAST_KNOWN_GOOD);
  stream.Send(std::move(message));
}

void ControlLink::OnLost(const absl::Status& why, const Connection& connection) {
  const bool lasted =
      connection.answered && SteadyClock::now() - connection.answered_at >= options_.lasting;
  if (lasted || (connection.answered && intake_.taken())) backoff_.Reset();

  std::string sentence =
      base::Cat(connection.answered ? "lost the control plane " : "cannot reach control plane ",
                options_.control_plane, ": ", why.ok() ? "it closed the stream" : why.message());
  if (absl::IsUnauthenticated(why)) {
    sentence = base::Cat("control plane ", options_.control_plane, " refused the join token in ",
                         options_.join_token_file);
  }
  status_.Disconnected(sentence);
  intake_.Disconnected();
  if (!outage_log_.Due(static_cast<int>(why.code()), SteadyClock::now())) return;
  spdlog::log(absl::IsUnauthenticated(why) ? spdlog::level::err : spdlog::level::warn,
              "{}; trying again until it succeeds", sentence);
}

fleet::v1::NodeMessage ControlLink::Hello() const {
  fleet::v1::NodeMessage message;
  auto* hello = message.mutable_hello();
  hello->set_node_id(options_.node_id);
  hello->set_build(options_.build);
  hello->mutable_labels()->insert(options_.labels.begin(), options_.labels.end());
  if (const auto served = slot_.Load()) {
    hello->set_epoch(served->epoch());
    hello->set_revision(served->revision());
    hello->set_hash(served->hash());
  }
  for (const std::string_view capability : kCapabilities) {
    hello->add_capabilities(std::string(capability));
  }
  return message;
}

bool ControlLink::Expose(FleetStream* stream) {
  absl::MutexLock lock(&mutex_);
  stream_ = stopping_ ? nullptr : stream;
  return !stopping_;
}

bool ControlLink::Wait(std::chrono::milliseconds time) {
  absl::MutexLock lock(&mutex_);
  return !mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::FromChrono(time));
}

bool ControlLink::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

}  // namespace sluice::link
