#include "tests/unit/dataplane/upstream/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace sluice::upstream {

ScriptedServer::ScriptedServer(std::function<void(int, int)> script)
    : script_(std::move(script)), listen_fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size);
  listen(listen_fd_, 256);
  getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

ScriptedServer::~ScriptedServer() {
  shutdown(listen_fd_, SHUT_RDWR);
  acceptor_.join();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  close(listen_fd_);
}

std::string ScriptedServer::origin() const { return "http://127.0.0.1:" + std::to_string(port_); }

void ScriptedServer::Accept() {
  for (;;) {
    int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    std::lock_guard<std::mutex> lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, n = connections_++] {
      script_(fd, n);
      std::lock_guard<std::mutex> closing(mutex_);
      std::erase(open_, fd);
      close(fd);
    });
  }
}

std::string ReadHead(int fd) {
  std::string head;
  char byte;
  while (!head.ends_with("\r\n\r\n")) {
    if (recv(fd, &byte, 1, 0) <= 0) return "";
    head.push_back(byte);
  }
  return head;
}

std::string ReadBytes(int fd, size_t size) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    ssize_t count = recv(fd, bytes.data() + have, size - have, 0);
    if (count <= 0) break;
    have += static_cast<size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void WaitForClose(int fd) {
  char buffer[4096];
  while (recv(fd, buffer, sizeof(buffer), 0) > 0) {
  }
}

}  // namespace sluice::upstream
