// One connection to a provider. Its name, TCP, TLS and the check of certificates are libcurl's, and
// every byte goes through libcurl; what the bytes say is the matter of who uses it.
//
// An easy handle with CURLOPT_CONNECT_ONLY: it stays in its shard until the connection is closed,
// that is destroyed. libcurl's own HTTP took half of the instructions of a small request,
// see docs/decisions/0006. One thread; owned by the pool, used by one transfer at a time.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/crypto/trust_store.h"
#include "dataplane/event/loop.h"
#include "dataplane/upstream/multi_shard.h"
#include "dataplane/upstream/socket_table.h"

namespace sluice::upstream {

class Connection final : private event::Watcher {
 public:
  // Largest piece that one Read brings.
  static constexpr size_t kReadBytes = 64 * 1024;

  // Who is told of it. A call may destroy the connection.
  class User {
   public:
    virtual void OnConnected(Connection& connection) = 0;
    virtual void OnNotConnected(Connection& connection, CURLcode why) = 0;
    virtual void OnReady(Connection& connection, event::Ready ready) = 0;

   protected:
    ~User() = default;
  };
  enum class Outcome {
    kDone,
    kAgain,   // nothing now; the loop will tell
    kEnd,     // the provider sends no more
    kFailed,  // the connection is lost
  };
  struct Moved {
    Outcome outcome = Outcome::kFailed;
    size_t bytes = 0;  // of kDone
  };

  // `share`: names and TLS sessions. `authorities`: null: the system's. All but `origin`
  // (scheme://host[:port]) outlive it.
  Connection(std::string origin, SocketTable& sockets, CURLSH* share,
             const crypto::TrustStore* authorities);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Once. False if libcurl refuses. `user` hears of it at the earliest when the shard is driven.
  bool Begin(MultiShard& shard, std::chrono::milliseconds timeout, User* user);
  // From libcurl, by its shard.
  void OnDone(CURLcode code);

  // Both never block. Of an open connection.
  Moved Read(char* to, size_t size);
  Moved Write(std::string_view bytes);
  // What its user is told of; kRead at first.
  void Want(uint8_t interest) { sockets_.SetOwnInterest(fd_, interest); }

  // Who uses it from now on.
  void SetUser(User* user) { user_ = user; }
  const std::string& origin() const { return origin_; }
  // What comes is perhaps held back by TLS, without another event.
  bool tls() const { return tls_; }
  // Microseconds that it took, TLS included. Of an open connection.
  std::optional<int64_t> connect_time() const { return connect_time_; }

  // The pool's.
  size_t index = 0;              // in its list of all
  event::MonoTime idle_since{};  // while it is idle

 private:
  bool OpenHandle(std::chrono::milliseconds timeout);
  void PrepareTls();
  static CURLcode OnTlsContext(CURL*, void* ssl_ctx, void* authorities);
  void OnReady(event::Ready ready) override;

  const std::string origin_;
  const bool tls_;
  SocketTable& sockets_;
  CURLSH* const share_;
  const crypto::TrustStore* const authorities_;
  CURL* easy_ = nullptr;
  MultiShard* shard_ = nullptr;  // from Begin on
  User* user_ = nullptr;
  int fd_ = -1;  // of an open one
  std::optional<int64_t> connect_time_;
};

}  // namespace sluice::upstream
