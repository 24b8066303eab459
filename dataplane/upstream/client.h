// The door to the providers: one per worker, on its loop.
//
// Owns the shards, the sockets and a pool of transfers. Every byte of HTTP towards a provider is
// libcurl's; what goes in is checked before, what comes out is checked after.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <utility>
#include <vector>

#include "dataplane/event/loop.h"
#include "dataplane/http/worker_levels.h"
#include "dataplane/upstream/multi_shard.h"
#include "dataplane/upstream/observer.h"
#include "dataplane/upstream/request.h"
#include "dataplane/upstream/socket_table.h"
#include "dataplane/upstream/transfer.h"

namespace sluice::upstream {

class Client {
 public:
  // Keeps those of `levels` that are about providers.
  Client(event::Loop& loop, http::WorkerLevels& levels);
  // Transfers that still run are cancelled without a word to their observers.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Never null. The observer hears nothing before this turn's end, and must stay until it has heard
  // the end or has released the transfer.
  Transfer* Start(Request request, Observer* observer);
  // Cancels the transfer if it has not ended: its connection is closed at once (at the end of the
  // current libcurl call, if inside one). The pointer is dead afterwards. Must be called once for
  // every Start.
  void Release(Transfer* transfer);

  size_t running() const { return running_; }
  size_t shard_count() const { return shards_.size(); }

 private:
  friend class Transfer;

  // Called once per turn in which something waits: starts transfers, drives shards that are due,
  // ends abandoned transfers.
  void EndOfTurn();
  void StartNow(Transfer* transfer);
  MultiShard* ShardWithRoom();
  void OnDone(CURL* easy, CURLcode code);
  void DriveDueShards();
  void ReapAbandoned();
  // From inside libcurl: UnpauseSend at the end of the turn.
  void UnpauseLater(Transfer* transfer);
  void Recycle(Transfer* transfer);
  // Closes the connections of shards that nobody has used for a while.
  void DropIdleShards();

  static int OnOpenSocket(void* self, int purpose, struct curl_sockaddr* address);
  static int OnCloseSocket(void* self, int fd);

  event::Loop& loop_;
  http::WorkerLevels& levels_;
  SocketTable sockets_;
  CURLSH* share_;  // names and TLS sessions, for all shards
  std::vector<std::unique_ptr<MultiShard>> shards_;
  std::vector<std::unique_ptr<Transfer>> transfers_;  // every one there is
  std::vector<Transfer*> free_;
  std::vector<Transfer*> waiting_;
  std::vector<Transfer*> abandoned_;  // released inside libcurl
  std::vector<Transfer*> unpausing_;
  std::vector<MultiShard*> due_;       // want Drive(CURL_SOCKET_TIMEOUT)
  std::vector<size_t> header_starts_;  // scratch of Transfer::BuildHeaders
  size_t first_with_room_ = 0;         // no shard below this index has room
  int depth_ = 0;                      // calls into libcurl that have not returned
  event::Deferred end_of_turn_;
  event::Timer next_turn_;
  event::Timer sweep_;
  size_t running_ = 0;
};

// Releases on destruction.
class TransferLease {
 public:
  TransferLease() = default;
  TransferLease(Client& client, Transfer* transfer) : client_(&client), transfer_(transfer) {}
  TransferLease(TransferLease&& other) noexcept
      : client_(other.client_), transfer_(std::exchange(other.transfer_, nullptr)) {}
  TransferLease& operator=(TransferLease&& other) noexcept {
    Release();
    client_ = other.client_;
    transfer_ = std::exchange(other.transfer_, nullptr);
    return *this;
  }
  ~TransferLease() { Release(); }

  void Release() {
    if (transfer_ != nullptr) client_->Release(std::exchange(transfer_, nullptr));
  }
  Transfer* operator->() const { return transfer_; }
  explicit operator bool() const { return transfer_ != nullptr; }

 private:
  Client* client_ = nullptr;
  Transfer* transfer_ = nullptr;
};

}  // namespace sluice::upstream
