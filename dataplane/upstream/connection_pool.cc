#include "dataplane/upstream/connection_pool.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace sluice::upstream {
namespace {

constexpr std::chrono::seconds kSweepInterval{10};
constexpr std::chrono::seconds kIdleShardAge{30};
// Shards that are due again after this many rounds wait for the next turn, so that sockets get
// theirs.
constexpr int kRoundsPerTurn = 8;

}  // namespace

ConnectionPool::ConnectionPool(event::Loop& loop, http::WorkerLevels& levels,
                               const crypto::TrustStore* authorities)
    : loop_(loop),
      levels_(levels),
      authorities_(authorities),
      sockets_(loop, levels),
      share_(curl_share_init()),
      drive_(loop, [this] { DriveDue(); }),
      next_turn_(loop.timers(), [this] { drive_.Schedule(); }),
      sweep_(loop.timers(), [this] { Sweep(); }) {
  SLUICE_CHECK(share_ != nullptr, "libcurl cannot allocate a share handle");
  // One thread, so no locks.
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

ConnectionPool::~ConnectionPool() {
  connections_.clear();
  levels_.idle_upstream_connections.Set(0);
  shards_.clear();
  curl_share_cleanup(share_);
}

Connection* ConnectionPool::Take(const std::string& origin, Connection::User* user) {
  const auto found = idle_.find(origin);
  if (found == idle_.end()) return nullptr;
  std::vector<Connection*>& idle = found->second;
  while (!idle.empty() && loop_.now() - idle.back()->idle_since <= kMostIdle) {
    Connection* connection = idle.back();
    idle.pop_back();
    --idle_count_;
    levels_.idle_upstream_connections.Add(-1);
    // The loop may not have been told yet of an end, or of bytes that belong to nothing.
    char byte = 0;
    if (connection->Read(&byte, 1).outcome == Connection::Outcome::kAgain) {
      connection->SetUser(user);
      return connection;
    }
    Close(connection);
  }
  return nullptr;
}

Connection* ConnectionPool::Open(const std::string& origin, std::chrono::milliseconds timeout,
                                 Connection::User* user) {
  auto made = std::make_unique<Connection>(origin, sockets_, share_, authorities_);
  Connection* connection = made.get();
  if (!connection->Begin(*ShardWithRoom(), timeout, user)) return nullptr;
  connection->index = connections_.size();
  connections_.push_back(std::move(made));
  if (!sweep_.armed()) sweep_.Set(loop_.now() + kSweepInterval);
  return connection;
}

void ConnectionPool::Keep(Connection* connection) {
  if (idle_count_ >= kMostIdleConnections) return Close(connection);
  connection->SetUser(this);
  connection->idle_since = loop_.now();
  connection->Want(event::kRead);
  idle_[connection->origin()].push_back(connection);
  ++idle_count_;
  levels_.idle_upstream_connections.Add(1);
}

void ConnectionPool::Close(Connection* connection) {
  const size_t index = connection->index;
  // Destroyed last: its end calls back into the shard and the socket table.
  const std::unique_ptr<Connection> last = std::move(connections_[index]);
  if (index + 1 < connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->index = index;
  }
  connections_.pop_back();
}

void ConnectionPool::CloseIdle(std::vector<Connection*>& idle, Connection* connection) {
  std::erase(idle, connection);
  --idle_count_;
  levels_.idle_upstream_connections.Add(-1);
  Close(connection);
}

void ConnectionPool::OnReady(Connection& connection, event::Ready ready) {
  if (connection.tls() && !ready.hangup) {
    // TLS itself may have something to say, a ticket for the next session.
    char byte = 0;
    if (connection.Read(&byte, 1).outcome == Connection::Outcome::kAgain) return;
  }
  CloseIdle(idle_[connection.origin()], &connection);
}

// The lowest shard with room, so that the highest fall idle.
MultiShard* ConnectionPool::ShardWithRoom() {
  while (first_with_room_ < shards_.size() && shards_[first_with_room_] != nullptr &&
         shards_[first_with_room_]->active() >= kShardConnections) {
    ++first_with_room_;
  }
  if (first_with_room_ == shards_.size()) shards_.emplace_back();
  if (shards_[first_with_room_] == nullptr) {
    MultiShard::Callbacks callbacks;
    callbacks.on_due = [this](MultiShard* shard) {
      due_.push_back(shard);
      drive_.Schedule();
    };
    callbacks.on_room = [this](size_t index) {
      first_with_room_ = std::min(first_with_room_, index);
    };
    shards_[first_with_room_] =
        std::make_unique<MultiShard>(loop_, sockets_, first_with_room_, std::move(callbacks));
  }
  return shards_[first_with_room_].get();
}

size_t ConnectionPool::shard_count() const {
  return static_cast<size_t>(std::count_if(shards_.begin(), shards_.end(),
                                           [](const auto& shard) { return shard != nullptr; }));
}

void ConnectionPool::DriveDue() {
  for (int round = 0; round < kRoundsPerTurn && !due_.empty(); ++round) {
    std::vector<MultiShard*> now;
    now.swap(due_);
    for (MultiShard* shard : now) {
      if (shard->due()) shard->Drive(CURL_SOCKET_TIMEOUT, 0);
    }
  }
  if (!due_.empty()) next_turn_.Set(loop_.now());
}

void ConnectionPool::Sweep() {
  for (auto& [origin, idle] : idle_) {
    while (!idle.empty() && loop_.now() - idle.front()->idle_since > kMostIdle) {
      CloseIdle(idle, idle.front());
    }
  }
  std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
  for (std::unique_ptr<MultiShard>& shard : shards_) {
    if (shard == nullptr || shard->active() > 0 || shard->due()) continue;
    if (loop_.now() - shard->idle_since() <= kIdleShardAge) continue;
    std::erase(due_, shard.get());
    shard.reset();
  }
  while (!shards_.empty() && shards_.back() == nullptr) shards_.pop_back();
  first_with_room_ = std::min(first_with_room_, shards_.size());
  if (!shards_.empty()) sweep_.Set(loop_.now() + kSweepInterval);
}

}  // namespace sluice::upstream
