#include "controlplane/publish/watch_hub.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/wire/capabilities.h"

namespace sluice::publish {
namespace {

absl::Status NotConnected(const std::string& node) {
  return absl::NotFoundError(base::Cat("node \"", base::Escaped(node), "\" is not connected"));
}

}  // namespace

std::shared_ptr<Session> WatchHub::Open(NodeOutlet& outlet, std::string peer) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return nullptr;
  auto session =
      std::make_shared<Session>(*this, outlet, std::move(peer), next_serial_++, clock_.Now());
  sessions_.insert(session);
  return session;
}

absl::Status WatchHub::Enter(const std::shared_ptr<Session>& session, const fleet::v1::Hello& hello,
                             int64_t acked) {
  std::shared_ptr<Session> older;
  {
    absl::MutexLock lock(&mutex_);
    if (!sessions_.contains(session)) return absl::CancelledError("the stream has ended");
    // Under the lock: of two connections of one node the map and the registry must keep the same.
    absl::Status status =
        registry_.Enter(hello, session->peer(), session->serial(), acked, clock_.Now());
    if (!status.ok()) return status;
    older = std::exchange(by_node_[hello.node_id()], session);
  }
  spdlog::info("node {} connected from {} (revision {})", hello.node_id(), session->peer(),
               hello.revision());
  if (older == nullptr) return absl::OkStatus();
  counters_.replaced_connections.fetch_add(1, std::memory_order_relaxed);
  spdlog::warn(
      "node {} connected from {} while connected from {}: the newer connection replaces the older; "
      "if these are two machines, give each its own --node-id",
      hello.node_id(), session->peer(), older->peer());
  older->Close(absl::AbortedError(
      base::Cat("another connection of node ", hello.node_id(), " has replaced this one")));
  return absl::OkStatus();
}

void WatchHub::Leave(const std::shared_ptr<Session>& session) {
  session->Detach();
  usage_inbox_.Forget(*session);
  const std::string node = session->node();
  {
    absl::MutexLock lock(&mutex_);
    sessions_.erase(session);
    const auto found = by_node_.find(node);
    if (found != by_node_.end() && found->second == session) {
      by_node_.erase(found);
      key_health_.Leave(node);
    }
  }
  if (node.empty()) return;
  tails_.Forget(node);
  registry_.Leave(node, session->serial(), clock_.Now());
  spdlog::info("node {} disconnected from {}", node, session->peer());
}

std::vector<std::shared_ptr<Session>> WatchHub::Sessions() {
  absl::MutexLock lock(&mutex_);
  return {sessions_.begin(), sessions_.end()};
}

std::shared_ptr<Session> WatchHub::SessionOf(const std::string& node) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_node_.find(node);
  return found == by_node_.end() ? nullptr : found->second;
}

absl::Status WatchHub::Accept(const std::string& node) {
  const std::shared_ptr<Session> session = SessionOf(node);
  const auto known = registry_.Get(node);
  if (session == nullptr || !known) return NotConnected(node);
  if (known->refusals().empty()) {
    return absl::FailedPreconditionError(
        base::Cat("node \"", node, "\" refuses nothing: there is nothing to accept"));
  }
  spdlog::warn("node {} is told to accept the newest revision", node);
  session->Accept();
  return absl::OkStatus();
}

absl::Status WatchHub::Drain(const std::string& node, bool on) {
  const std::shared_ptr<Session> session = SessionOf(node);
  const auto known = registry_.Get(node);
  if (session == nullptr || !known) return NotConnected(node);
  const auto& capabilities = known->capabilities();
  if (std::find(capabilities.begin(), capabilities.end(), wire::kCapabilityDrain) ==
      capabilities.end()) {
    return absl::FailedPreconditionError(base::Cat("node \"", node, "\" (build ",
                                                   base::Escaped(known->build()),
                                                   ") is of a release that cannot be drained"));
  }
  session->Drain(on);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<TailWatch>> WatchHub::StartTail(TailTerms terms,
                                                               TailOutlet& outlet) {
  auto watch = tails_.Add(std::move(terms), outlet);
  if (watch.ok()) RingAll();
  return watch;
}

void WatchHub::EndTail(const std::shared_ptr<TailWatch>& watch) {
  tails_.Remove(watch);
  RingAll();
}

void WatchHub::RingAll() {
  for (const auto& session : Sessions()) session->Ring();
}

void WatchHub::Sweep() {
  const absl::Time now = clock_.Now();
  for (const auto& session : Sessions()) session->Sweep(now);
}

void WatchHub::CloseAll(const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  tails_.CloseAll(status);
  for (const auto& session : Sessions()) session->Close(status);
}

}  // namespace sluice::publish
