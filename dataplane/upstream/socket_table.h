// The sockets of one worker's connections to providers, by fd.
//
// While a connection is being made libcurl says what is to be watched on its sockets, and on those
// of its resolver. The socket of one that stands is adopted by it, and libcurl is not asked any
// more. One thread.
#pragma once

#include <curl/curl.h>

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
  SocketTable(const SocketTable&) = delete;
  SocketTable& operator=(const SocketTable&) = delete;

  // CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION; `self` is the table.
  static curl_socket_t OpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int CloseSocket(void* self, curl_socket_t fd);
  // What CURLMOPT_SOCKETFUNCTION is told, for `easy`.
  void SetInterest(CURL* easy, int fd, MultiShard* shard, int curl_poll);

  // From now on until the socket is closed `watcher` alone hears of it: first of what there is to
  // read.
  void Adopt(int fd, event::Watcher* watcher);
  void SetOwnInterest(int fd, uint8_t interest);

 private:
  struct Socket final : event::Watcher {
    SocketTable* table = nullptr;
    int fd = -1;
    MultiShard* shard = nullptr;
    event::Watcher* owner = nullptr;  // who has adopted it
    uint8_t watched = event::kNone;
    bool opened_here = false;  // by OpenSocket, not by libcurl for itself
    bool connected = false;    // libcurl has wanted to read from it
    void OnReady(event::Ready ready) override;
  };
  Socket& At(int fd);
  void OnOpened(int fd);
  void OnClosed(int fd);
  void Watch(Socket& socket, uint8_t interest);

  event::Loop& loop_;
  http::WorkerLevels& levels_;
  std::vector<std::unique_ptr<Socket>> sockets_;
};

}  // namespace sluice::upstream
