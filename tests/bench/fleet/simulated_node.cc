#include "tests/bench/fleet/simulated_node.h"

#include <algorithm>
#include <utility>

#include "tests/bench/fleet/node_connection.h"

namespace sluice::bench {
namespace {

using fleet::v1::ControlMessage;
using fleet::v1::NodeMessage;

constexpr const char* kCapabilities[] = {"accept", "delta", "drain"};

}  // namespace

SimulatedNode::SimulatedNode(Options options, Timetable& timetable)
    : options_(std::move(options)), timetable_(timetable), ceiling_(options_.first_backoff) {
  absl::MutexLock lock(&mutex_);
  state_.served = options_.resumed;
}

SimulatedNode::State SimulatedNode::state() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

bool SimulatedNode::connected() const {
  absl::MutexLock lock(&mutex_);
  return connection_ != nullptr;
}

void SimulatedNode::Start() { Connect(); }

void SimulatedNode::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  if (connection_ != nullptr) connection_->Cancel();
}

void SimulatedNode::Connect() {
  absl::MutexLock lock(&mutex_);
  if (stopped_) return;
  connected_at_ = {};
  arriving_revision_ = -1;
  connection_ = std::make_shared<NodeConnection>(shared_from_this(), options_.open_channel(),
                                                 options_.join_token);
  connection_->Start(Hello());
}

NodeMessage SimulatedNode::Hello() const {
  NodeMessage message;
  auto* hello = message.mutable_hello();
  hello->set_node_id(options_.id);
  hello->set_build("simulated");
  hello->mutable_labels()->insert(options_.labels.begin(), options_.labels.end());
  hello->set_epoch(state_.served.epoch);
  hello->set_revision(state_.served.revision);
  hello->set_hash(state_.served.hash);
  hello->set_lineage(state_.served.lineage);
  for (const char* capability : kCapabilities) hello->add_capabilities(capability);
  options_.adorn(&message);
  return message;
}

void SimulatedNode::OnEnded(const grpc::Status& status) {
  SteadyClock::duration delay{};
  {
    absl::MutexLock lock(&mutex_);
    connection_.reset();
    state_.current = false;
    state_.draining = false;
    state_.last_error = status.error_message();
    accepted_epoch_.clear();
    if (stopped_) return;
    const bool lasted = connected_at_ != SteadyClock::time_point{} &&
                        SteadyClock::now() - connected_at_ >= options_.lasting;
    if (lasted) ceiling_ = options_.first_backoff;
    std::uniform_int_distribution<SteadyClock::rep> jitter(0, ceiling_.count());
    delay = std::exchange(hint_, {}) + SteadyClock::duration(jitter(random_));
    ceiling_ = std::min(2 * ceiling_, options_.last_backoff);
  }
  timetable_.After(delay, [self = shared_from_this()] { self->Connect(); });
}

void SimulatedNode::Beat(const std::shared_ptr<NodeConnection>& connection) {
  NodeMessage message;
  {
    absl::MutexLock lock(&mutex_);
    if (connection_ != connection) return;
    auto* beat = message.mutable_heartbeat();
    beat->set_rss_bytes(1 << 20);
    beat->set_serving(state_.current ? fleet::v1::Heartbeat::LIVE
                                     : fleet::v1::Heartbeat::LAST_KNOWN_GOOD);
    beat->set_draining(state_.draining);
    options_.adorn(&message);
  }
  connection->Send(std::move(message));
  timetable_.After(options_.heartbeat,
                   [self = shared_from_this(), connection] { self->Beat(connection); });
}

void SimulatedNode::OnMessage(NodeConnection& connection, const ControlMessage& message) {
  NodeMessage answer;
  bool has_answer = false;
  bool first = false;
  {
    absl::MutexLock lock(&mutex_);
    if (connection_.get() != &connection) return;
    first = connected_at_ == SteadyClock::time_point{};
    if (first) {
      connected_at_ = SteadyClock::now();
      ++state_.connects;
    }
    switch (message.message_case()) {
      case ControlMessage::kSnapshot:
        answer = TakePiece(message.snapshot(), &has_answer);
        break;
      case ControlMessage::kDelta:
        answer = TakeDelta(message.delta(), message.ByteSizeLong());
        has_answer = true;
        break;
      case ControlMessage::kUpToDate:
        if (message.up_to_date().revision() != state_.served.revision) break;
        state_.current = true;
        state_.current_since = SteadyClock::now();
        break;
      case ControlMessage::kAccept:
        accepted_epoch_ = message.accept().epoch();
        break;
      case ControlMessage::kDrain:
        state_.draining = message.drain().on();
        break;
      case ControlMessage::kRetryLater:
        ++state_.retry_hints;
        hint_ = std::chrono::seconds(message.retry_later().after().seconds()) +
                std::chrono::nanoseconds(message.retry_later().after().nanos());
        break;
      default:
        break;  // of a newer control plane
    }
    if (has_answer) options_.adorn(&answer);
  }
  if (has_answer) connection.Send(std::move(answer));
  if (first) {
    timetable_.After(
        std::chrono::milliseconds(0),
        [self = shared_from_this(), to = connection.shared_from_this()] { self->Beat(to); });
  }
}

template <typename Message>
bool SimulatedNode::HasAll(const Message& message) const {
  const auto& required = message.required_capabilities();
  return std::all_of(required.begin(), required.end(), [](const std::string& capability) {
    return std::find(std::begin(kCapabilities), std::end(kCapabilities), capability) !=
           std::end(kCapabilities);
  });
}

NodeMessage SimulatedNode::Refuse(int64_t revision, const std::string& reason) {
  ++state_.refusals;
  state_.current = false;
  NodeMessage message;
  message.mutable_nack()->set_revision(revision);
  auto* refusal = message.mutable_nack()->add_refusals();
  refusal->set_resource("configuration");
  refusal->set_reason(reason);
  return message;
}

NodeMessage SimulatedNode::Serve(ServedRevision served) {
  const auto now = SteadyClock::now();
  options_.on_served(served.revision, now);
  state_.served = std::move(served);
  state_.current = true;
  state_.current_since = now;
  NodeMessage message;
  message.mutable_ack()->set_revision(state_.served.revision);
  message.mutable_ack()->set_hash(state_.served.hash);
  return message;
}

NodeMessage SimulatedNode::TakePiece(const fleet::v1::Snapshot& piece, bool* answer) {
  if (piece.chunk() == 0) {
    arriving_revision_ = piece.revision();
    next_piece_ = 0;
  }
  *answer = true;
  if (piece.revision() != arriving_revision_ || piece.chunk() != next_piece_++) {
    arriving_revision_ = -1;
    return Refuse(piece.revision(), "a piece is missing");
  }
  *answer = next_piece_ == piece.chunk_count();
  if (!*answer) return {};
  arriving_revision_ = -1;
  if (!HasAll(piece)) return Refuse(piece.revision(), "a capability is missing");
  const bool accepted = piece.epoch() == std::exchange(accepted_epoch_, "");
  const bool same_store = piece.epoch() == state_.served.epoch && !piece.forked() &&
                          piece.revision() >= state_.served.revision;
  if (!accepted && !same_store && !state_.served.epoch.empty()) {
    return Refuse(piece.revision(), "divergence");
  }
  ++state_.snapshots;
  return Serve({piece.epoch(), piece.revision(), piece.hash(), piece.lineage()});
}

NodeMessage SimulatedNode::TakeDelta(const fleet::v1::Delta& delta, size_t bytes) {
  if (!HasAll(delta)) return Refuse(delta.to(), "a capability is missing");
  if (delta.from() != state_.served.revision) {
    ++state_.resyncs;
    NodeMessage message;
    message.mutable_resync()->set_revision(delta.to());
    message.mutable_resync()->set_reason("it does not begin where the node is");
    return message;
  }
  ++state_.deltas;
  state_.delta_bytes += static_cast<int64_t>(bytes);
  return Serve({state_.served.epoch, delta.to(), delta.hash(), delta.lineage()});
}

}  // namespace sluice::bench
