// A port that is served: one accept thread and some worker threads, each with its own event loop
// and request handler.
//
// Start, BeginDrain and the destructor belong to one thread (that of main); the rest is for any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "common/base/address.h"
#include "dataplane/event/loop.h"
#include "dataplane/http/handler.h"

namespace Pistache::Tcp {
class Listener;
}

namespace sluice::edge {

class TlsSlot;
struct WorkerPlan;

struct ListenerOptions {
  base::HostPort address;  // port 0: any that is free
  int workers = 1;         // 1 to 250
  int backlog = 4096;
  // Others may listen there too, if they say so as well: the system spreads the clients.
  bool reuse_port = false;
  // Clients beyond these are answered 503 `overloaded` and closed. See MaxConnectionsFor.
  size_t max_connections = 1024;
  // Not null: clients speak TLS. It has a context, and outlives the listener.
  TlsSlot* tls = nullptr;
  // Called once per worker, on the worker's thread, before it serves. The handler is destroyed
  // there too, after its last exchange; the loop outlives it.
  std::function<std::unique_ptr<http::RequestHandler>(event::Loop&)> make_handler;
};

class Listener {
 public:
  // Serves when it returns. Errors name the address and the reason.
  static absl::StatusOr<std::unique_ptr<Listener>> Start(ListenerOptions options);
  // Every exchange that runs is told Disconnect::kShutdown; returns when the threads have ended.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  uint16_t port() const { return port_; }
  // Open connections, without those that are being refused.
  size_t connections() const;
  // From now on answers say `Connection: close`, and idle connections are closed. New ones are
  // still served.
  void BeginDrain();
  // While `on`: each answer is the last of its connection, and says so. Nothing else changes:
  // idle connections stay, so that no request meets a closed one.
  void CloseAfterAnswers(bool on);

 private:
  Listener() = default;
  absl::Status Bind(const ListenerOptions& options);
  absl::Status StartWorkers();

  std::shared_ptr<WorkerPlan> plan_;
  std::unique_ptr<Pistache::Tcp::Listener> listener_;
  uint16_t port_ = 0;
  bool running_ = false;
};

}  // namespace sluice::edge
