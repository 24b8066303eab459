// Lets a test that speaks plaintext talk to a port with TLS: takes connections, and passes their
// bytes on over TLS, each piece as a record of its own.
//
// It is a strict client: the end of the stream is passed on as an end only if the server said
// goodbye in the way of TLS; a connection that was torn becomes a reset. So a test that sees an
// orderly end has seen a goodbye.
//
// A thread for each connection. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

struct ssl_ctx_st;

namespace sluice::test {

class TlsRelay {
 public:
  // `authority`: PEM, whose word is taken for the server `name`. Listens on a free port of
  // 127.0.0.1 when it returns.
  static absl::StatusOr<std::unique_ptr<TlsRelay>> Start(const std::string& authority,
                                                         std::string name);
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  uint16_t port() const { return port_; }
  // Where connections go that come from now on, on 127.0.0.1.
  void SetTarget(uint16_t port) { target_ = port; }

 private:
  TlsRelay(int listener, uint16_t port, ssl_ctx_st* context, std::string name);
  void Accept();
  void Serve(int client);

  const int listener_;
  const uint16_t port_;
  ssl_ctx_st* const context_;
  const std::string name_;
  std::atomic<uint16_t> target_{0};
  std::atomic<bool> ending_{false};
  std::vector<std::thread> lines_;  // of the accepting thread
  std::thread accepting_;
};

}  // namespace sluice::test
