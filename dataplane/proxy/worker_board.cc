#include "dataplane/proxy/worker_board.h"

#include <utility>

namespace sluice::proxy {

WorkerBoard::Seat::Seat(WorkerBoard& board, event::Loop& loop, std::function<void()> look)
    : board_(board) {
  absl::MutexLock lock(&board_.mutex_);
  id_ = board_.next_id_++;
  board_.workers_.emplace(id_, Worker{&loop, std::move(look)});
}

WorkerBoard::Seat::~Seat() {
  absl::MutexLock lock(&board_.mutex_);
  board_.workers_.erase(id_);
}

void WorkerBoard::Ring() {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, worker] : workers_) {
    worker.loop->Post([this, id = id] { Look(id); });
  }
}

// On the worker's thread, as the seat's end is: it cannot end meanwhile.
void WorkerBoard::Look(uint64_t id) {
  std::function<void()> look;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = workers_.find(id);
    if (found == workers_.end()) return;
    look = found->second.look;
  }
  look();
}

}  // namespace sluice::proxy
