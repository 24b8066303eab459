// The sockets of one worker's shards, by fd.
//
// A socket stays watched while its connection waits in libcurl's cache, which saves two epoll_ctl a
// request; one that becomes ready while nobody wants it is dropped from the loop until somebody
// does. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/event/loop.h"
#include "dataplane/http/worker_levels.h"

namespace sluice::upstream {

class MultiShard;

class SocketTable {
 public:
  SocketTable(event::Loop& loop, http::WorkerLevels& levels) : loop_(loop), levels_(levels) {}
  ~SocketTable();

  // From libcurl's socket callbacks.
  void OnOpened(int fd);
  void OnClosed(int fd);
  void SetInterest(int fd, MultiShard* shard, int curl_poll);
  // Its transfer has ended, and the connection waits in libcurl's cache. From now until somebody
  // wants it again nothing may come on it: bytes that do would be read as the next answer, so the
  // connection is shut instead, and libcurl finds it dead.
  void OnIdle(int fd);

 private:
  struct Socket final : event::Watcher {
    SocketTable* table = nullptr;
    int fd = -1;
    MultiShard* shard = nullptr;
    uint8_t wanted = event::kNone;
    uint8_t watched = event::kNone;
    bool opened_here = false;  // by OnOpened, not by libcurl for itself
    // Told by OnClosed when it goes, so it may stay watched when idle. libcurl closes a socket that
    // never came to a connection without a word; one is connected when libcurl first wants to read
    // from it.
    bool connected = false;
    bool idle = false;  // see OnIdle; not while a transfer that uses it is paused
    void OnReady(event::Ready ready) override;
    void RefuseBytes();
  };
  Socket& At(int fd);
  void SetIdle(Socket& socket, bool idle);
  void Unwatch(Socket& socket);
  void Forget(Socket& socket);

  event::Loop& loop_;
  http::WorkerLevels& levels_;
  std::vector<std::unique_ptr<Socket>> sockets_;
};

}  // namespace sluice::upstream
