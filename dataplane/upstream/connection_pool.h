// A worker's connections to providers: those in use, and those that are kept for the next request.
//
// The newest idle one is used first, so that the others fall idle for good. One on which anything
// happens while it is idle is closed: bytes would be read as the next answer. One thread.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/crypto/trust_store.h"
#include "dataplane/event/loop.h"
#include "dataplane/http/worker_levels.h"
#include "dataplane/upstream/connection.h"
#include "dataplane/upstream/multi_shard.h"
#include "dataplane/upstream/socket_table.h"

namespace sluice::upstream {

class ConnectionPool final : private Connection::User {
 public:
  // Idle for longer, it is closed: below the idle timeouts of the providers.
  static constexpr std::chrono::seconds kMostIdle{30};
  static constexpr size_t kMostIdleConnections = 1024;

  ConnectionPool(event::Loop& loop, http::WorkerLevels& levels,
                 const crypto::TrustStore* authorities);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // An idle one, now of `user`. Null: there is none.
  Connection* Take(const std::string& origin, Connection::User* user);
  // A new one. Null: libcurl refuses. `user` hears of it after this turn's events.
  Connection* Open(const std::string& origin, std::chrono::milliseconds timeout,
                   Connection::User* user);
  // To be used again: nothing is under way on it.
  void Keep(Connection* connection);
  // Closes it.
  void Close(Connection* connection);

  size_t shard_count() const;

 private:
  void OnConnected(Connection&) override {}
  void OnNotConnected(Connection&, CURLcode) override {}
  // Of an idle one.
  void OnReady(Connection& connection, event::Ready ready) override;

  MultiShard* ShardWithRoom();
  // Lets libcurl do what is due.
  void DriveDue();
  void CloseIdle(std::vector<Connection*>& idle, Connection* connection);
  void Sweep();

  event::Loop& loop_;
  http::WorkerLevels& levels_;
  const crypto::TrustStore* const authorities_;
  SocketTable sockets_;
  CURLSH* share_;                                         // names and TLS sessions, for all shards
  std::vector<std::unique_ptr<MultiShard>> shards_;       // null: there is none at that place now
  std::vector<std::unique_ptr<Connection>> connections_;  // every one there is
  std::unordered_map<std::string, std::vector<Connection*>> idle_;  // the oldest first
  size_t idle_count_ = 0;
  std::vector<MultiShard*> due_;  // want Drive(CURL_SOCKET_TIMEOUT)
  size_t first_with_room_ = 0;    // no shard below this index has room
  event::Deferred drive_;
  event::Timer next_turn_;
  event::Timer sweep_;
};

}  // namespace sluice::upstream
