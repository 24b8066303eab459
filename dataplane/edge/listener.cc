#include "dataplane/edge/listener.h"

#include <pistache/listener.h>
#include <pistache/net.h>

#include <deque>
#include <exception>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "dataplane/edge/contain.h"
#include "dataplane/edge/worker_transport.h"

namespace sluice::edge {
namespace {

constexpr int kMostWorkers = 250;  // Pistache has room for 255 handlers

Pistache::Flags<Pistache::Tcp::Options> SocketOptions(bool reuse_port) {
  using Pistache::Tcp::Options;
  // Accepted sockets inherit NoDelay from the listening one.
  auto flags =
      Pistache::Flags<Options>(Options::ReuseAddr) | Options::NoDelay | Options::CloseOnExec;
  if (reuse_port) flags.setFlag(Options::ReusePort);
  return flags;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(ListenerOptions options) {
  if (options.workers < 1 || options.workers > kMostWorkers) {
    return absl::InvalidArgumentError(absl::StrCat("the number of workers must be 1 to ",
                                                   kMostWorkers, ", not ", options.workers));
  }
  std::unique_ptr<Listener> listener(new Listener);
  listener->plan_ = std::make_shared<WorkerPlan>();
  listener->plan_->max_connections = options.max_connections;
  listener->plan_->tls = options.tls;
  listener->plan_->make_handler = std::move(options.make_handler);
  if (absl::Status status = listener->Bind(options); !status.ok()) return status;
  if (absl::Status status = listener->StartWorkers(); !status.ok()) return status;
  return listener;
}

absl::Status Listener::Bind(const ListenerOptions& options) {
  const std::string address = options.address.ToString();
  try {
    const std::string host = options.address.host.find(':') == std::string::npos
                                 ? options.address.host
                                 : absl::StrCat("[", options.address.host, "]");
    listener_ = std::make_unique<Pistache::Tcp::Listener>();
    listener_->init(static_cast<size_t>(options.workers), SocketOptions(options.reuse_port),
                    "sluice-worker", options.backlog);
    listener_->setTransportFactory(
        [plan = plan_] { return std::make_shared<WorkerTransport>(plan); });
    listener_->bind(Pistache::Address(host, Pistache::Port(options.address.port)));
    port_ = listener_->getPort();
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", error.what()));
  }
  for (const WorkerTransport* worker : plan_->workers) {
    if (!worker->bound().ok()) return worker->bound();
  }
  return absl::OkStatus();
}

absl::Status Listener::StartWorkers() {
  std::deque<absl::Notification> done(plan_->workers.size());
  // Asked for before the threads run, so that a handler stands before the first connection is
  // looked at.
  for (size_t i = 0; i < done.size(); ++i) plan_->workers[i]->Start(done[i]);
  if (!Contain("starting the threads of a listener", [this] { listener_->runThreaded(); })) {
    return absl::ResourceExhaustedError("cannot start the threads of a listener");
  }
  running_ = true;
  for (absl::Notification& one : done) one.WaitForNotification();
  for (const WorkerTransport* worker : plan_->workers) {
    if (!worker->started()) return absl::InternalError("a worker has no request handler");
  }
  return absl::OkStatus();
}

Listener::~Listener() {
  if (running_) {
    std::deque<absl::Notification> done(plan_->workers.size());
    for (size_t i = 0; i < done.size(); ++i) plan_->workers[i]->Stop(done[i]);
    for (absl::Notification& one : done) one.WaitForNotification();
  }
  // Ends the accept thread and the workers' threads, and waits for them.
  listener_.reset();
}

size_t Listener::connections() const { return plan_->connections.load(); }

void Listener::BeginDrain() {
  for (WorkerTransport* worker : plan_->workers) worker->BeginDrain();
}

void Listener::CloseAfterAnswers(bool on) {
  for (WorkerTransport* worker : plan_->workers) worker->CloseAfterAnswers(on);
}

}  // namespace sluice::edge
