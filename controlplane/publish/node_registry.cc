#include "controlplane/publish/node_registry.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "controlplane/store/timestamp.h"

namespace sluice::publish {
namespace {

RevisionWait::Answer AnswerOf(const admin::v1::Node& node) {
  return {node.id(), node.acked_revision(), node.refused_revision(),
          absl::StrJoin(node.refusals(), "; ")};
}

std::string_view NameOf(fleet::v1::Heartbeat::Serving serving) {
  switch (serving) {
    case fleet::v1::Heartbeat::LIVE:
      return "live";
    case fleet::v1::Heartbeat::LAST_KNOWN_GOOD:
      return "last_known_good";
    default:
      return "";
  }
}

// A node that began to count anew, or a clock that was set back, gives no rate.
void NoteRate(int64_t requests, absl::Duration time, admin::v1::Node* node) {
  const bool known =
      requests >= 0 && time > absl::ZeroDuration() && time < absl::InfiniteDuration();
  node->set_requests_per_second(known ? static_cast<double>(requests) / absl::ToDoubleSeconds(time)
                                      : 0);
}

}  // namespace

absl::Status NodeRegistry::Enter(const fleet::v1::Hello& hello, const std::string& peer,
                                 uint64_t serial, int64_t acked, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  const auto known = records_.find(hello.node_id());
  const bool was_connected = known != records_.end() && known->second.node.connected();
  if (!was_connected && connected_ >= limits_.connected) {
    return absl::ResourceExhaustedError(
        base::Cat("this control plane serves at most ", limits_.connected, " nodes"));
  }
  Record& record = records_[hello.node_id()];
  if (!was_connected) ++connected_;
  admin::v1::Node& node = record.node;
  node.set_id(hello.node_id());
  node.set_build(hello.build());
  *node.mutable_labels() = hello.labels();
  node.set_address(peer);
  node.set_connected(true);
  *node.mutable_connected_since() = store::ToTimestamp(now);
  node.set_acked_revision(acked);
  *node.mutable_capabilities() = hello.capabilities();
  node.set_draining(false);
  record.last_beat = absl::InfinitePast();
  record.serial = serial;
  record.last_seen = now;
  return absl::OkStatus();
}

NodeRegistry::Record* NodeRegistry::Find(const std::string& id, uint64_t serial, absl::Time now) {
  const auto found = records_.find(id);
  if (found == records_.end() || found->second.serial != serial) return nullptr;
  found->second.last_seen = now;
  return &found->second;
}

void NodeRegistry::Ack(const std::string& id, uint64_t serial, int64_t revision, absl::Time now) {
  RevisionWait::Answer answer;
  Waits waits;
  {
    absl::MutexLock lock(&mutex_);
    Record* record = Find(id, serial, now);
    if (record == nullptr) return;
    admin::v1::Node& node = record->node;
    node.set_acked_revision(revision);
    node.set_serving("live");
    if (node.refused_revision() <= revision) {
      node.set_refused_revision(0);
      node.clear_refusals();
    }
    answer = AnswerOf(node);
    waits = waits_;
  }
  for (const auto& wait : waits) wait->Take(answer);
}

void NodeRegistry::Refuse(const std::string& id, uint64_t serial, int64_t revision,
                          const std::vector<std::string>& reasons, absl::Time now) {
  RevisionWait::Answer answer;
  Waits waits;
  {
    absl::MutexLock lock(&mutex_);
    Record* record = Find(id, serial, now);
    if (record == nullptr) return;
    admin::v1::Node& node = record->node;
    node.set_refused_revision(revision);
    node.clear_refusals();
    for (const std::string& reason : reasons) node.add_refusals(reason);
    answer = AnswerOf(node);
    waits = waits_;
  }
  for (const auto& wait : waits) wait->Take(answer);
}

void NodeRegistry::Beat(const std::string& id, uint64_t serial, const fleet::v1::Heartbeat& beat,
                        absl::Time now) {
  absl::MutexLock lock(&mutex_);
  Record* record = Find(id, serial, now);
  if (record == nullptr) return;
  admin::v1::Node& node = record->node;
  const int64_t requests = std::max<int64_t>(0, beat.requests());
  NoteRate(requests - node.requests(), now - record->last_beat, &node);
  record->last_beat = now;
  node.set_in_flight(beat.in_flight());
  node.set_requests(requests);
  node.set_errors(beat.errors());
  node.set_open_streams(beat.open_streams());
  node.set_rss_bytes(beat.rss_bytes());
  node.set_draining(beat.draining());
  node.set_serving(std::string(NameOf(beat.serving())));
}

void NodeRegistry::Leave(const std::string& id, uint64_t serial, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  Record* record = Find(id, serial, now);
  if (record == nullptr || !record->node.connected()) return;
  record->node.set_connected(false);
  record->node.set_in_flight(0);
  record->node.set_open_streams(0);
  record->node.set_requests_per_second(0);
  --connected_;
  if (records_.size() - connected_ > limits_.disconnected) ForgetOldest();
}

void NodeRegistry::ForgetOldest() {
  auto oldest = records_.end();
  for (auto it = records_.begin(); it != records_.end(); ++it) {
    if (it->second.node.connected()) continue;
    if (oldest == records_.end() || it->second.last_seen < oldest->second.last_seen) oldest = it;
  }
  if (oldest != records_.end()) records_.erase(oldest);
}

std::vector<admin::v1::Node> NodeRegistry::List() const {
  absl::MutexLock lock(&mutex_);
  std::vector<admin::v1::Node> nodes;
  nodes.reserve(records_.size());
  for (const auto& [id, record] : records_) {
    nodes.push_back(record.node);
    *nodes.back().mutable_last_seen() = store::ToTimestamp(record.last_seen);
  }
  return nodes;
}

std::optional<admin::v1::Node> NodeRegistry::Get(const std::string& id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = records_.find(id);
  if (found == records_.end()) return std::nullopt;
  admin::v1::Node node = found->second.node;
  *node.mutable_last_seen() = store::ToTimestamp(found->second.last_seen);
  return node;
}

NodeRegistry::Totals NodeRegistry::Count(int64_t newest) const {
  absl::MutexLock lock(&mutex_);
  Totals totals;
  totals.connected = static_cast<int>(connected_);
  for (const auto& [id, record] : records_) {
    if (!record.node.connected()) continue;
    if (record.node.acked_revision() >= newest) ++totals.current;
    if (record.node.refusals_size() > 0) ++totals.refusing;
  }
  return totals;
}

std::shared_ptr<RevisionWait> NodeRegistry::Wait(int64_t revision, WaitListener& listener) {
  absl::MutexLock lock(&mutex_);
  std::vector<RevisionWait::Answer> nodes;
  for (const auto& [id, record] : records_) {
    if (record.node.connected()) nodes.push_back(AnswerOf(record.node));
  }
  auto wait = std::make_shared<RevisionWait>(revision, nodes, listener);
  waits_.insert(wait);
  return wait;
}

void NodeRegistry::Forget(const std::shared_ptr<RevisionWait>& wait) {
  wait->Detach();
  absl::MutexLock lock(&mutex_);
  waits_.erase(wait);
}

}  // namespace sluice::publish
