// Batches of usage, and reports of budgets, between the sessions that were sent them and the thread
// that stores and answers them.
//
// Bounded: a session puts in one of each and no other before its answer, and what a session that
// ended has left is forgotten, so that there are never more than connections. Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/store/usage_check.h"

namespace sluice::publish {

class Session;

// Batches in the order in which they came, and the session of each, which is to be told.
struct TakenUsage {
  std::vector<std::shared_ptr<Session>> sessions;
  std::vector<store::NodeUsage> batches;
  struct Report {
    std::shared_ptr<Session> session;
    fleet::v1::BudgetReport report;
  };
  std::vector<Report> reports;
  bool empty() const { return batches.empty() && reports.empty(); }
};

class UsageInbox {
 public:
  void Put(std::shared_ptr<Session> session, store::NodeUsage usage);
  void PutReport(std::shared_ptr<Session> session, fleet::v1::BudgetReport report);
  // The session has ended: what it put in and nobody has taken is not stored.
  void Forget(const Session& session);

  // Waits until something is there, `patience` has passed or it is closed. At most `most` batches,
  // and all reports.
  TakenUsage Take(size_t most, absl::Duration patience);
  // The reports alone, at once.
  std::vector<TakenUsage::Report> TakeReports();
  // Waits for that long, or until it is closed.
  void Pause(absl::Duration time);
  // Wakes who waits; from then on nothing is given out.
  void Close();
  bool closed() const;
  size_t waiting() const;

 private:
  struct Item {
    std::shared_ptr<Session> session;
    store::NodeUsage usage;
  };
  bool HasWorkOrCloses() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return closed_ || !items_.empty() || !reports_.empty();
  }

  mutable absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<Item> items_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<const Session*, std::list<Item>::iterator> by_session_
      ABSL_GUARDED_BY(mutex_);
  std::vector<TakenUsage::Report> reports_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::publish
