// One CURLM with its sockets and its timer on the worker's loop: makes connections.
//
// libcurl finds the connection of a handle by walking all that the CURLM has; a worker therefore
// runs many small shards of at most kShardConnections each, and the cost of a request stays flat
// however many streams are open. One thread.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <vector>

#include "dataplane/event/loop.h"
#include "dataplane/upstream/socket_table.h"

namespace sluice::upstream {

inline constexpr size_t kShardConnections = 32;

class MultiShard {
 public:
  struct Callbacks {
    // Drive(CURL_SOCKET_TIMEOUT) is wanted at the end of this turn; perhaps from inside libcurl.
    std::function<void(MultiShard*)> on_due;
    // The shard with this index has room again.
    std::function<void(size_t)> on_room;
  };

  MultiShard(event::Loop& loop, SocketTable& sockets, size_t index, Callbacks callbacks);
  ~MultiShard();
  MultiShard(const MultiShard&) = delete;
  MultiShard& operator=(const MultiShard&) = delete;

  // `easy` is that of a Connection (CURLOPT_PRIVATE), which hears of its end. False if libcurl
  // refuses.
  bool Add(CURL* easy);
  // Closes its connection, made or not. Not from inside libcurl.
  void Remove(CURL* easy);

  // Lets libcurl act on a ready socket, or on CURL_SOCKET_TIMEOUT.
  void Drive(curl_socket_t fd, int ready_bits);
  // libcurl asked to be called at once.
  bool due() const { return due_; }
  size_t active() const { return active_; }
  event::MonoTime idle_since() const { return idle_since_; }

 private:
  static int OnSocket(CURL*, curl_socket_t fd, int what, void* self, void*);
  static int OnTimer(CURLM*, long timeout_ms, void* self);
  void ReadMessages();
  void Taken();

  event::Loop& loop_;
  SocketTable& sockets_;
  const size_t index_;
  Callbacks callbacks_;
  CURLM* multi_;
  event::Timer timer_;
  event::MonoTime idle_since_;
  size_t active_ = 0;
  bool due_ = false;
};

}  // namespace sluice::upstream
