// Tells the workers that there is news, of cut client keys or of budgets: each looks through what
// it has under way.
//
// Ring: any thread, never after a Listener of these handlers has begun to end. The rest: the
// worker's thread. Outlives the handlers.
#pragma once

#include <functional>
#include <map>

#include "absl/synchronization/mutex.h"
#include "dataplane/event/loop.h"

namespace sluice::proxy {

class WorkerBoard {
 public:
  // From its construction to its end, on the thread of `loop`.
  class Seat {
   public:
    Seat(WorkerBoard& board, event::Loop& loop, std::function<void()> look);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    WorkerBoard& board_;
    uint64_t id_;
  };

  void Ring();

 private:
  struct Worker {
    event::Loop* loop;
    std::function<void()> look;
  };

  void Look(uint64_t id);

  absl::Mutex mutex_;
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, Worker> workers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::proxy
