// One GET over a plain socket.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace sluice::service {

// The whole answer, headers included; "" if nobody listens.
inline std::string HttpGet(uint16_t port, const std::string& path,
                           const std::string& method = "GET") {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  const std::string request =
      method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    char piece[4096];
    // The library may keep the connection open: the body's length says when it is whole.
    while (true) {
      const size_t head = answer.find("\r\n\r\n");
      const size_t length = answer.find("Content-Length: ");
      if (head != std::string::npos && length != std::string::npos && length < head &&
          answer.size() >= head + 4 + std::stoul(answer.substr(length + 16))) {
        break;
      }
      const ssize_t got = recv(fd, piece, sizeof(piece), 0);
      if (got <= 0) break;
      answer.append(piece, static_cast<size_t>(got));
    }
  }
  close(fd);
  return answer;
}

}  // namespace sluice::service
