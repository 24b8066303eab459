#include "dataplane/link/control_link.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "common/base/text.h"
#include "common/wire/capabilities.h"
#include "common/wire/channel.h"
#include "dataplane/link/snapshot_assembly.h"
#include "spdlog/spdlog.h"

namespace sluice::link {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kMaxRetryAfter{60'000};
constexpr std::chrono::milliseconds kBusyHeartbeat{100};
constexpr int kNiceness = 5;

std::chrono::milliseconds MillisOf(const google::protobuf::Duration& time) {
  const std::chrono::milliseconds millis(time.seconds() * 1000 + time.nanos() / 1'000'000);
  return std::clamp(millis, std::chrono::milliseconds{0}, kMaxRetryAfter);
}

void SendAll(std::vector<fleet::v1::NodeMessage> messages, FleetStream& stream) {
  for (auto& message : messages) stream.Send(std::move(message));
}

void SendIf(std::optional<fleet::v1::NodeMessage> message, FleetStream& stream) {
  if (message.has_value()) stream.Send(*std::move(message));
}

// Of what the node is, not of what it asks for: trying again alone does not help.
bool IsRefusal(const absl::Status& status) {
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status);
}

}  // namespace

ControlLink::ControlLink(Options options, std::optional<config::HeldConfiguration> held,
                         config::SnapshotSlot& slot, config::LiveState& live_state,
                         config::LastKnownGood& last_known_good,
                         std::function<fleet::v1::Heartbeat()> heartbeat, const base::Clock& clock)
    : options_(std::move(options)),
      heartbeat_(std::move(heartbeat)),
      status_(clock),
      intake_(std::move(held), slot, live_state, last_known_good, status_, clock),
      live_state_(live_state),
      key_health_(live_state, clock),
      enrolment_({.control_plane = options_.control_plane,
                  .insecure = options_.insecure,
                  .authority_file = options_.authority_file,
                  .join_token_file = options_.join_token_file,
                  .node_id = options_.node_id,
                  .state_dir = options_.state_dir,
                  .answer = options_.answer,
                  .seed = options_.seed},
                 clock),
      backoff_(options_.backoff, options_.seed) {
  if (options_.usage != nullptr) usage_.emplace(*options_.usage);
  if (options_.budgets != nullptr) budgets_.emplace(*options_.budgets, clock);
  if (options_.tail != nullptr) tail_.emplace(*options_.tail);
  if (const auto& served = intake_.held()) {
    status_.Resumed(served->stamp.epoch, served->stamp.revision, last_known_good.saved_at());
  }
}

ControlLink::~ControlLink() { Stop(); }

void ControlLink::Start() {
  live_state_.feed().SetBell([this] { WakeStream(); });
  if (options_.budgets != nullptr) options_.budgets->SetBell([this] { WakeStream(); });
  thread_ = std::thread([this] { Run(); });
}

void ControlLink::Stop() {
  enrolment_.Cancel();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
  }
  live_state_.feed().SetBell({});
  if (options_.budgets != nullptr) options_.budgets->SetBell({});
  if (thread_.joinable()) thread_.join();
}

void ControlLink::WakeStream() {
  absl::MutexLock lock(&mutex_);
  if (stream_ != nullptr) stream_->Wake();
}

void ControlLink::Run() {
  // Requests come first: where processors are scarce, what a change costs must not preempt a
  // worker. Of this thread only.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
  std::chrono::milliseconds pause{0};
  bool renewed = false;
  do {
    Connection connection{.follows = renewed};
    const absl::Status why = Connect(connection);
    if (stopping()) return;
    renewed = connection.renewed;
    if (renewed) {
      intake_.Disconnected();
      pause = std::chrono::milliseconds{0};
      continue;
    }
    OnLost(why, connection);
    intake_.Tend();
    // On top of what the control plane asks for, so that those it sent away do not come back
    // together.
    pause = connection.retry_after + backoff_.Next();
  } while (Wait(pause));
}

absl::Status ControlLink::Connect(Connection& connection) {
  const auto entrance = enrolment_.Enter();
  if (!entrance.ok()) return entrance.status();
  FleetStream stream(entrance->channel, entrance->token);
  if (!Expose(&stream)) return absl::CancelledError("the node stops");
  const absl::Status why = Converse(entrance->channel, stream, connection);
  if (tail_.has_value()) tail_->Reset();
  if (IsRefusal(why)) enrolment_.Refused();
  Expose(nullptr);
  if (budgets_.has_value()) budgets_->Restart();
  return why;
}

absl::Status ControlLink::Converse(const std::shared_ptr<grpc::Channel>& channel,
                                   FleetStream& stream, Connection& connection) {
  SnapshotAssembly assembly(options_.max_snapshot_bytes);
  intake_.ClearTaken();
  if (usage_.has_value()) usage_->Restart();
  if (budgets_.has_value()) budgets_->Restart();
  usage_rung_.store(true, std::memory_order_relaxed);
  stream.Send(Hello());
  const auto answer_by = SteadyClock::now() + options_.answer;
  fleet::v1::ControlMessage message;
  while (true) {
    const auto deadline = connection.answered ? connection.next_heartbeat : answer_by;
    const FleetStream::Event event = stream.Next(deadline, &message);
    if (event == FleetStream::Event::kEnded) return wire::ToAbslStatus(stream.status());
    if (event == FleetStream::Event::kMessage) {
      const bool first = !connection.answered;
      if (first) OnFirstAnswer(connection);
      OnMessage(message, assembly, stream, connection);
      if (first) SendAll(key_health_.All(), stream);
      if (first) SendNews(stream);
    } else if (event == FleetStream::Event::kWoken) {
      if (connection.answered) SendNews(stream);
    } else if (!connection.answered) {
      return absl::DeadlineExceededError(
          base::Cat("no answer within ", absl::FormatDuration(absl::FromChrono(options_.answer))));
    }
    if (SteadyClock::now() < connection.next_heartbeat) {
      if (connection.answered && event == FleetStream::Event::kWoken) SendTail(stream);
      continue;
    }
    Beat(stream, connection);
    SendNews(stream);
    connection.renewed = enrolment_.RenewIfDue(channel);
    if (connection.renewed) return absl::OkStatus();
  }
}

void ControlLink::OnFirstAnswer(Connection& connection) {
  connection.answered = true;
  connection.answered_at = SteadyClock::now();
  connection.next_heartbeat = connection.answered_at;
  outage_log_.Over();
  status_.Connected();
  if (!connection.follows) options_.on_drain(false);
  spdlog::info("connected to control plane {} as node {}", options_.control_plane,
               options_.node_id);
}

void ControlLink::OnDrain(bool on, Connection& connection) {
  options_.on_drain(on);
  connection.next_heartbeat = SteadyClock::now();  // says so at once
}

void ControlLink::OnMessage(const fleet::v1::ControlMessage& message, SnapshotAssembly& assembly,
                            FleetStream& stream, Connection& connection) {
  using fleet::v1::ControlMessage;
  if (message.has_snapshot()) {
    SnapshotAssembly::Result result = assembly.Add(message.snapshot());
    if (result.whole.has_value()) stream.Send(intake_.Take(*std::move(result.whole)));
    if (result.refusal.has_value()) {
      stream.Send(intake_.Refuse(message.snapshot().revision(), *result.refusal));
    }
    return;
  }
  assembly.Clear();
  switch (message.message_case()) {
    case ControlMessage::kDelta:
      return stream.Send(intake_.Take(message.delta()));
    case ControlMessage::kAccept:
      return intake_.Accept(message.accept().epoch(), message.accept().revision());
    case ControlMessage::kUpToDate:
      return OnUpToDate(message.up_to_date().revision());
    case ControlMessage::kDrain:
      return OnDrain(message.drain().on(), connection);
    case ControlMessage::kKeyHealth:
      return key_health_.Take(message.key_health());
    case ControlMessage::kUsageAck:
      return OnUsageAck(message.usage_ack(), stream);
    case ControlMessage::kBudgetGrant:
      return OnBudgetGrant(message.budget_grant(), stream);
    case ControlMessage::kTailOrder:
      if (tail_.has_value()) tail_->Take(message.tail_order());
      return;
    case ControlMessage::kRetryLater:
      connection.retry_after = MillisOf(message.retry_later().after());
      return;
    default:
      return;  // of a newer control plane
  }
}

void ControlLink::SendNews(FleetStream& stream) {
  SendAll(key_health_.News(), stream);
  if (budgets_.has_value()) SendIf(budgets_->Next(), stream);
  const bool usage_rung = usage_rung_.exchange(false, std::memory_order_relaxed);
  if (usage_.has_value() && usage_rung) SendUsage(stream, usage_->Next());
}

void ControlLink::SendUsage(FleetStream& stream, std::optional<fleet::v1::NodeMessage> batch) {
  if (!batch.has_value()) return;
  if (budgets_.has_value()) budgets_->Sent(batch->usage_batch());
  stream.Send(*std::move(batch));
}

void ControlLink::OnUsageAck(const fleet::v1::UsageAck& ack, FleetStream& stream) {
  if (budgets_.has_value()) {
    budgets_->Stored(ack);
    SendIf(budgets_->Next(), stream);
  }
  if (usage_.has_value()) SendUsage(stream, usage_->Take(ack));
}

void ControlLink::OnBudgetGrant(const fleet::v1::BudgetGrant& grant, FleetStream& stream) {
  if (!budgets_.has_value()) return;
  if (budgets_->Take(grant)) options_.on_budgets();
  SendIf(budgets_->Next(), stream);
}

void ControlLink::SendTail(FleetStream& stream) {
  // What waits comes with a later bell, of which there is one every few moments while it does.
  if (tail_.has_value() && stream.unsent() == 0) SendIf(tail_->Next(), stream);
}

void ControlLink::OnUpToDate(int64_t revision) {
  if (revision == status_.State().revision) return status_.Confirmed();
  spdlog::warn("control plane {} takes revision {} for the one this node serves, which is {}",
               options_.control_plane, revision, status_.State().revision);
}

void ControlLink::Beat(FleetStream& stream, Connection& connection) {
  connection.next_heartbeat = SteadyClock::now() + options_.heartbeat;
  intake_.Tend();
  if (stream.unsent() > 0) {
    // What waits says as well that the node is alive; the numbers follow it.
    connection.next_heartbeat = SteadyClock::now() + std::min(options_.heartbeat, kBusyHeartbeat);
    return;
  }
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

  const std::string reason = why.ok() ? "it closed the stream" : enrolment_.Explain(why);
  std::string sentence =
      base::Cat(connection.answered ? "lost the control plane " : "cannot reach control plane ",
                options_.control_plane, ": ", reason);
  if (IsRefusal(why)) {
    sentence = base::Cat("control plane ", options_.control_plane, " refused ", enrolment_.Shown(),
                         ": ", reason);
  }
  status_.Disconnected(sentence);
  intake_.Disconnected();
  // Certificate and token are refused in turn: one kind.
  const auto kind = IsRefusal(why) ? absl::StatusCode::kUnauthenticated : why.code();
  if (!outage_log_.Due(static_cast<int>(kind), SteadyClock::now())) return;
  spdlog::log(IsRefusal(why) ? spdlog::level::err : spdlog::level::warn,
              "{}; trying again until it succeeds", sentence);
}

fleet::v1::NodeMessage ControlLink::Hello() const {
  fleet::v1::NodeMessage message;
  auto* hello = message.mutable_hello();
  hello->set_node_id(options_.node_id);
  hello->set_build(options_.build);
  hello->mutable_labels()->insert(options_.labels.begin(), options_.labels.end());
  if (const auto& served = intake_.held()) {
    hello->set_epoch(served->stamp.epoch);
    hello->set_revision(served->stamp.revision);
    hello->set_hash(served->stamp.hash);
    hello->set_lineage(served->stamp.lineage);
  }
  for (const std::string_view capability : wire::kCapabilities) {
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
