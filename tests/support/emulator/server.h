// Listens, accepts and spreads connections over one io_context a thread. Run() serves until Stop().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/support/emulator/connection.h"
#include "tests/support/emulator/provider.h"

namespace sluice::emulator {

class Server {
 public:
  // `provider` must outlive the server.
  Server(Provider& provider, size_t threads);
  ~Server();

  // An IPv4 or IPv6 address; port 0 takes a free one. The error names the address and what is
  // wrong.
  absl::Status Listen(const std::string& host, uint16_t port);
  uint16_t port() const { return port_; }
  // Serves on this thread and threads - 1 others; returns after Stop(), SIGINT or SIGTERM.
  void Run();
  // From any thread.
  void Stop();

 private:
  struct Worker {
    boost::asio::io_context context{1};
    ReadBuffer buffer;
  };

  void Accept();

  Provider& provider_;
  std::vector<std::unique_ptr<Worker>> workers_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  uint16_t port_ = 0;
  size_t next_worker_ = 0;
};

}  // namespace sluice::emulator
