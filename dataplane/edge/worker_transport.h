// One worker: a Pistache transport that keeps Pistache's poller and accept path, and does its own
// reading and writing.
//
// Pistache makes one by cloning the first, which only serves as the pattern. Start and Stop are
// asked for by the listener's thread and happen on the worker's; everything else is the worker's
// thread. Pistache's own queues for writes and timers stay unused: they go by fd number, and can
// hand one client's bytes to the next.
#pragma once

#include <pistache/transport.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "dataplane/edge/connection.h"
#include "dataplane/edge/connection_context.h"
#include "dataplane/edge/worker_loop.h"

namespace sluice::edge {

class WorkerTransport;

// What all workers of a listener share. Read-only once they run, atomics excepted.
struct WorkerPlan {
  size_t max_connections = 0;
  TlsSlot* tls = nullptr;
  std::function<std::unique_ptr<http::RequestHandler>(event::Loop&)> make_handler;
  std::vector<WorkerTransport*> workers;
  std::atomic<size_t> connections{0};  // admitted
  std::atomic<size_t> refused{0};      // being told that there are too many
};

class WorkerTransport final : public Pistache::Tcp::Transport {
 public:
  explicit WorkerTransport(std::shared_ptr<WorkerPlan> plan);
  ~WorkerTransport() override;

  // From any thread.
  // Why the worker cannot run; Ok if it can.
  const absl::Status& bound() const { return bound_; }
  // Makes the handler on the worker's thread; `done` is notified when it stands. False if it could
  // not be made.
  void Start(absl::Notification& done);
  bool started() const { return started_.load(); }
  void BeginDrain();
  void CloseAfterAnswers(bool on);
  // Ends every connection and destroys the handler, then notifies `done`. The loop goes on turning,
  // empty.
  void Stop(absl::Notification& done);
  size_t load() const { return load_.load(std::memory_order_relaxed); }

  // For Pistache.
  void registerPoller(Pistache::Polling::Epoll& poller) override;
  void onReady(const Pistache::Aio::FdSet& fds) override;
  std::shared_ptr<Pistache::Aio::Handler> clone() const override;
  void OnConnection(int fd);

 private:
  struct Slot {
    std::unique_ptr<Connection> connection;
    bool refused = false;  // beyond max_connections
  };

  void Dispatch(const Pistache::Aio::FdSet& fds);
  bool IsQueue(int fd);
  void TakePeers();
  void Place(int fd);
  WorkerTransport* LessLoaded() const;
  void HandOver(int fd, WorkerTransport& other);
  void Adopt(std::shared_ptr<Pistache::Tcp::Peer> peer);
  void Open(int fd);
  void SettleAll();
  void TellWaiting();
  void Settle(Connection& connection);
  void WatchWrites(int fd);
  void ReleaseClosed();
  void RemovePeer(int fd);
  Connection* Find(int fd);

  std::shared_ptr<WorkerPlan> plan_;
  absl::Status bound_;
  WorkerLoop loop_;
  ConnectionContext context_;
  std::vector<Slot> slots_;                             // by fd
  std::vector<Connection*> settling_;                   // of the current round
  std::vector<int> closed_;                             // to be given back at the end of the turn
  std::vector<int> arrived_;                            // peers that Pistache has just registered
  std::vector<int> queue_fds_;                          // Pistache's own
  std::vector<Pistache::Polling::Event> queue_events_;  // of the current turn
  size_t told_waiting_ = 0;                             // bytes: what the handler was told last
  std::atomic<size_t> load_{0};
  std::atomic<bool> started_{false};
  bool stopped_ = false;
};

}  // namespace sluice::edge
