#include "tests/support/emulator/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>
#include <utility>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr int kBacklog = 4096;
constexpr auto kAcceptRetry = std::chrono::milliseconds(50);

}  // namespace

Server::Server(Provider& provider, size_t threads)
    : provider_(provider),
      workers_([&] {
        std::vector<std::unique_ptr<Worker>> workers;
        for (size_t i = 0; i < threads; ++i) workers.push_back(std::make_unique<Worker>());
        return workers;
      }()),
      acceptor_(workers_[0]->context),
      retry_(workers_[0]->context) {}

Server::~Server() = default;

absl::Status Server::Listen(const std::string& host, uint16_t port) {
  error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error)
    return absl::InvalidArgumentError(Cat("cannot listen on \"", host, "\": not an IP address"));
  const tcp::endpoint endpoint(address, port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kBacklog, error);
  if (error)
    return absl::UnavailableError(Cat("cannot listen on ", host, ":", port, ": ", error.message()));
  port_ = acceptor_.local_endpoint(error).port();
  return absl::OkStatus();
}

void Server::Accept() {
  Worker& worker = *workers_[next_worker_++ % workers_.size()];
  acceptor_.async_accept(worker.context, [this, &worker](error_code error, tcp::socket socket) {
    if (error == boost::asio::error::operation_aborted) return;
    if (error) {
      // Mostly no file descriptor left: try again when some may have been closed.
      std::fprintf(stderr, "cannot accept a connection: %s\n", error.message().c_str());
      retry_.expires_after(kAcceptRetry);
      retry_.async_wait([this](error_code stopped) {
        if (!stopped) Accept();
      });
      return;
    }
    boost::asio::post(worker.context, [this, &worker, socket = std::move(socket)]() mutable {
      std::make_shared<Connection>(worker.context, std::move(socket), provider_, worker.buffer)
          ->Start();
    });
    Accept();
  });
}

void Server::Run() {
  boost::asio::signal_set signals(workers_[0]->context, SIGINT, SIGTERM);
  signals.async_wait([this](error_code error, int) {
    if (!error) Stop();
  });
  Accept();
  std::vector<std::thread> threads;
  for (size_t i = 1; i < workers_.size(); ++i) {
    threads.emplace_back([worker = workers_[i].get()] {
      const auto work = boost::asio::make_work_guard(worker->context);
      worker->context.run();
    });
  }
  workers_[0]->context.run();
  for (std::thread& thread : threads) thread.join();
}

void Server::Stop() {
  for (const auto& worker : workers_) worker->context.stop();
}

}  // namespace sluice::emulator
