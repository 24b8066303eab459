#include "dataplane/edge/worker_transport.h"

#include <pistache/peer.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "dataplane/edge/contain.h"

namespace sluice::edge {
namespace {

using Pistache::Aio::FdSet;
using Pistache::Polling::Event;
using Pistache::Polling::Mode;
using Pistache::Polling::NotifyOn;

// A turn that makes work for itself without end lets others' events in after so many rounds.
constexpr int kRoundsPerTurn = 8;
// Clients being refused at one time; more than these are closed without a word.
constexpr size_t kMostRefused = 128;
// Each failure to take a peer drops one, so this many in a row is a bug and not a load.
constexpr int kMostFailedPeers = 1024;
// A handful of milliseconds with the slowest keys.
constexpr int kHandshakeStepsPerTurn = 16;

// The bridge by which Pistache says that a peer has come. Its reads and writes are not used.
class Arrivals final : public Pistache::Tcp::Handler {
 public:
  void onInput(const char*, size_t, const std::shared_ptr<Pistache::Tcp::Peer>&) override {}
  void onConnection(const std::shared_ptr<Pistache::Tcp::Peer>& peer) override {
    static_cast<WorkerTransport*>(transport())->OnConnection(peer->fd());
  }
  std::shared_ptr<Pistache::Tcp::Handler> clone() const override {
    return std::make_shared<Arrivals>();
  }
};

bool IsSocket(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

}  // namespace

WorkerTransport::WorkerTransport(std::shared_ptr<WorkerPlan> plan)
    : Transport(std::make_shared<Arrivals>()), plan_(std::move(plan)), context_(loop_) {
  context_.watch_writes = [this](int fd) { WatchWrites(fd); };
  context_.tls = plan_->tls;
}

WorkerTransport::~WorkerTransport() {
  // Those that Pistache handed over after Stop.
  for (const auto& peer : peers) close(peer.first);
}

std::shared_ptr<Pistache::Aio::Handler> WorkerTransport::clone() const {
  auto worker = std::make_shared<WorkerTransport>(plan_);
  plan_->workers.push_back(worker.get());
  return worker;
}

void WorkerTransport::registerPoller(Pistache::Polling::Epoll& poller) {
  Transport::registerPoller(poller);
  bound_ = loop_.Bind(poller);
}

void WorkerTransport::Start(absl::Notification& done) {
  loop_.Post([this, &done] {
    Contain("making a worker's request handler",
            [this] { context_.handler = plan_->make_handler(loop_); });
    started_ = context_.handler != nullptr;
    done.Notify();
  });
}

void WorkerTransport::BeginDrain() {
  loop_.Post([this] {
    context_.draining = true;
    for (Slot& slot : slots_) {
      if (slot.connection != nullptr) slot.connection->Drain();
    }
  });
}

void WorkerTransport::CloseAfterAnswers(bool on) {
  loop_.Post([this, on] { context_.closes_after_answers = on; });
}

void WorkerTransport::Stop(absl::Notification& done) {
  loop_.Post([this, &done] {
    stopped_ = true;
    for (Slot& slot : slots_) {
      Connection* connection = slot.connection.get();
      if (connection == nullptr) continue;
      const auto end = [connection] { connection->Shutdown(); };
      if (!Contain("ending a connection", end)) Contain("ending a connection", end);
      closed_.push_back(connection->fd());
    }
    Contain("ending a worker's request handler", [this] { context_.handler.reset(); });
    loop_.End();
    done.Notify();
  });
}

// ---- one turn

void WorkerTransport::onReady(const FdSet& fds) {
  loop_.Begin();
  context_.handshake_steps = kHandshakeStepsPerTurn;
  Contain("a turn of a worker", [&] {
    Dispatch(fds);
    loop_.RunPosted();
    if (!queue_events_.empty()) TakePeers();
    SettleAll();
    ReleaseClosed();
    TellWaiting();
  });
  loop_.ArmTimer();
}

void WorkerTransport::Dispatch(const FdSet& fds) {
  queue_events_.clear();
  for (const FdSet::Entry& entry : fds) {
    // FdSet hides the one flag that tells a half-close from mere bytes; only this cast reaches a
    // private base.
    const Event& event = (const Event&)entry;  // NOLINT(google-readability-casting)
    const int fd = static_cast<int>(event.tag.value());
    const bool readable = event.flags.hasFlag(NotifyOn::Read);
    const bool writable = event.flags.hasFlag(NotifyOn::Write);
    const bool shut = event.flags.hasFlag(NotifyOn::Shutdown);
    // No flag at all is EPOLLERR, which Pistache has no name for.
    const bool hangup = event.flags.hasFlag(NotifyOn::Hangup) || !(readable || writable || shut);
    if (loop_.Dispatch(fd, {readable, writable, hangup})) continue;
    if (Connection* connection = Find(fd); connection != nullptr) {
      connection->OnEvent({readable, writable, shut, hangup});
    } else if (IsQueue(fd)) {
      queue_events_.push_back(event);
    }
  }
}

// Whether Pistache waits for this fd. It does not say which are its own; they are no sockets, and
// everything else here is. An fd of ours that was closed earlier in this turn must not be taken for
// one: Pistache throws on it.
bool WorkerTransport::IsQueue(int fd) {
  if (std::find(queue_fds_.begin(), queue_fds_.end(), fd) != queue_fds_.end()) return true;
  if (peers.count(fd) != 0 || IsSocket(fd)) return false;
  queue_fds_.push_back(fd);
  return true;
}

void WorkerTransport::SettleAll() {
  for (int round = 0;; ++round) {
    loop_.Finish();
    if (context_.unsettled.empty()) return;
    if (round == kRoundsPerTurn) return loop_.Wake();
    settling_.swap(context_.unsettled);
    for (Connection* connection : settling_) Settle(*connection);
    settling_.clear();
  }
}

void WorkerTransport::TellWaiting() {
  const size_t waiting = context_.blocks.bytes();
  if (waiting == told_waiting_ || context_.handler == nullptr) return;
  told_waiting_ = waiting;
  context_.handler->OnWaitingForClients(waiting);
}

void WorkerTransport::Settle(Connection& connection) {
  const auto end = [&] { connection.Shutdown(); };
  if (!Contain("serving a connection", [&] { connection.Settle(); })) {
    if (!Contain("ending a connection", end)) Contain("ending a connection", end);
  }
  if (connection.closed()) closed_.push_back(connection.fd());
}

void WorkerTransport::WatchWrites(int fd) {
  // If it fails the connection stalls, and its deadline ends it. Callers may be C code: nothing
  // gets out.
  Contain("watching for room to write", [&] {
    reactor()->modifyFd(key(), fd, NotifyOn::Read | NotifyOn::Write | NotifyOn::Shutdown,
                        Mode::Edge);
  });
}

// ---- peers

void WorkerTransport::OnConnection(int fd) { arrived_.push_back(fd); }

void WorkerTransport::TakePeers() {
  for (int failures = 0; failures < kMostFailedPeers; ++failures) {
    const bool taken = Contain("taking a new connection", [this] {
      Transport::onReady(FdSet(std::vector<Event>(queue_events_)));
    });
    if (!taken && !arrived_.empty()) {
      // Pistache failed between telling us and adding the peer to its poller.
      RemovePeer(arrived_.back());
      arrived_.pop_back();
    }
    for (int fd : std::exchange(arrived_, {})) Place(fd);
    if (taken) return;
  }
}

// Pistache spreads peers by fd number. Where every client brings an upstream fd with it that puts
// all of them on one of two workers, so a worker that has more than its share passes a new peer on.
void WorkerTransport::Place(int fd) {
  if (stopped_) return RemovePeer(fd);
  if (WorkerTransport* other = LessLoaded(); other != nullptr) return HandOver(fd, *other);
  load_.fetch_add(1, std::memory_order_relaxed);
  Open(fd);
}

WorkerTransport* WorkerTransport::LessLoaded() const {
  const auto& workers = plan_->workers;
  WorkerTransport* least = *std::min_element(
      workers.begin(), workers.end(),
      [](const WorkerTransport* a, const WorkerTransport* b) { return a->load() < b->load(); });
  // Passing on costs a system call or five: a small difference is not worth it.
  const size_t slack = 2 + least->load() / 8;
  return load() > least->load() + slack ? least : nullptr;
}

void WorkerTransport::HandOver(int fd, WorkerTransport& other) {
  std::shared_ptr<Pistache::Tcp::Peer> peer = peers.at(fd);
  // Out of our poller before the other worker knows of it: it may close the fd at once.
  peers.erase(fd);
  Contain("passing a connection on", [&] { reactor()->removeFd(key(), fd); });
  other.load_.fetch_add(1, std::memory_order_relaxed);
  if (other.loop_.TryPost([worker = &other, peer] { worker->Adopt(peer); })) return;
  other.load_.fetch_sub(1, std::memory_order_relaxed);
  close(fd);
}

void WorkerTransport::Adopt(std::shared_ptr<Pistache::Tcp::Peer> peer) {
  const int fd = peer->fd();
  if (stopped_) {
    close(fd);
    return;
  }
  peers[fd] = std::move(peer);
  const bool added = Contain("taking over a connection", [&] {
    reactor()->registerFd(key(), fd, NotifyOn::Read | NotifyOn::Shutdown, Mode::Edge);
  });
  if (added) return Open(fd);
  load_.fetch_sub(1, std::memory_order_relaxed);
  RemovePeer(fd);
}

void WorkerTransport::Open(int fd) {
  if (static_cast<size_t>(fd) >= slots_.size()) slots_.resize(static_cast<size_t>(fd) + 1);
  Slot& slot = slots_[static_cast<size_t>(fd)];
  slot.refused = plan_->connections.fetch_add(1) >= plan_->max_connections;
  if (slot.refused) {
    plan_->connections.fetch_sub(1);
    if (plan_->refused.fetch_add(1) >= kMostRefused) {
      plan_->refused.fetch_sub(1);
      load_.fetch_sub(1, std::memory_order_relaxed);
      return RemovePeer(fd);
    }
  }
  slot.connection = std::make_unique<Connection>(context_, fd);
  if (slot.refused) slot.connection->Refuse(http::Overloaded());
}

// Only now, after all events of the turn: until an fd is closed its number cannot come back as
// somebody else's.
void WorkerTransport::ReleaseClosed() {
  for (int fd : std::exchange(closed_, {})) {
    Slot& slot = slots_[static_cast<size_t>(fd)];
    if (slot.connection == nullptr) continue;
    slot.connection.reset();
    (slot.refused ? plan_->refused : plan_->connections).fetch_sub(1);
    load_.fetch_sub(1, std::memory_order_relaxed);
    RemovePeer(fd);
  }
}

void WorkerTransport::RemovePeer(int fd) {
  const auto peer = peers.find(fd);
  if (peer == peers.end()) return;
  // Pistache closes the fd last; if it throws before that, it is ours to close.
  if (!Contain("removing a connection", [&] { removePeer(std::shared_ptr(peer->second)); })) {
    close(fd);
  }
}

Connection* WorkerTransport::Find(int fd) {
  if (fd < 0 || static_cast<size_t>(fd) >= slots_.size()) return nullptr;
  return slots_[static_cast<size_t>(fd)].connection.get();
}

}  // namespace sluice::edge
