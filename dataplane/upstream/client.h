// The door to the providers: one per worker, on its loop.
//
// Owns the connections and a pool of transfers. What goes in was checked before, what comes out is
// checked here.
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "common/crypto/trust_store.h"
#include "dataplane/event/loop.h"
#include "dataplane/http/worker_levels.h"
#include "dataplane/upstream/connection_pool.h"
#include "dataplane/upstream/observer.h"
#include "dataplane/upstream/request.h"
#include "dataplane/upstream/transfer.h"

namespace sluice::upstream {

class Client {
 public:
  // Keeps those of `levels` that are about providers. `authorities`: for TLS; null: libcurl reads
  // the system's for each connection.
  Client(event::Loop& loop, http::WorkerLevels& levels,
         const crypto::TrustStore* authorities = nullptr);
  // Transfers that still run are cancelled without a word to their observers.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Never null. The observer hears nothing before this turn's end, and must stay until it has heard
  // the end or has released the transfer.
  Transfer* Start(Request request, Observer* observer);
  // Cancels the transfer if it has not ended: its connection is closed at once (or when the call to
  // its observer returns, if inside one). The pointer is dead afterwards. Must be called once for
  // every Start.
  void Release(Transfer* transfer);

  size_t running() const { return running_; }
  size_t shard_count() const { return pool_.shard_count(); }

 private:
  friend class Transfer;

  // Called once per turn in which something waits.
  void EndOfTurn();
  // In the next turn: Transfer::ReadOn.
  void ReadLater(Transfer* transfer);
  void Recycle(Transfer* transfer);

  event::Loop& loop_;
  http::WorkerLevels& levels_;
  ConnectionPool pool_;
  const std::unique_ptr<char[]> read_buffer_;
  std::vector<std::unique_ptr<Transfer>> transfers_;  // every one there is
  std::vector<Transfer*> free_;
  std::deque<Transfer*> waiting_;
  std::deque<Transfer*> reading_;  // see ReadLater
  event::Deferred end_of_turn_;
  event::Timer next_turn_;
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
