// A provider of a few lines: each connection is handed to a script on a thread of its own.
// Blocking, on loopback.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sluice::upstream {

class ScriptedServer {
 public:
  // `script(fd, n)`: n counts connections from 0. The fd is closed when it returns.
  explicit ScriptedServer(std::function<void(int fd, int n)> script);
  ~ScriptedServer();

  std::string origin() const;
  int connections() const { return connections_; }

 private:
  void Accept();

  std::function<void(int, int)> script_;
  int listen_fd_;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// Up to and with the blank line; "" if the peer closed before.
std::string ReadHead(int fd);
// Exactly `size` bytes, fewer only if the peer closed.
std::string ReadBytes(int fd, size_t size);
// False if the peer has gone.
bool WriteAll(int fd, std::string_view bytes);
// Until the peer closes.
void WaitForClose(int fd);

}  // namespace sluice::upstream
