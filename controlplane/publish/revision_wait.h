// The progress of one revision over the nodes that were connected when somebody began to wait.
//
// Thread-safe. Told by the registry of what nodes answer; tells its listener, one call at a time
// and in order, until Detach.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::publish {

class WaitListener {
 public:
  virtual ~WaitListener() = default;
  // `last`: every node has answered. Must return at once and not call the wait.
  virtual void OnProgress(const admin::v1::WaitProgress& progress, bool last) = 0;
};

class RevisionWait {
 public:
  // What is known of one node.
  struct Answer {
    std::string node;
    int64_t acked_revision = 0;
    int64_t refused_revision = 0;
    std::string reason;  // of the refusal
  };

  RevisionWait(int64_t revision, const std::vector<Answer>& nodes, WaitListener& listener);

  // The first message: how things stand. The listener is told nothing before.
  void Announce();
  // Ignores nodes it does not wait for. May be told the same thing twice, or late.
  void Take(const Answer& answer);
  // No call of the listener after this.
  void Detach();

 private:
  enum class Verdict { kNone, kAcked, kRefused };

  Verdict VerdictOn(const Answer& answer) const;
  bool Note(const Answer& answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int64_t revision_;
  absl::Mutex mutex_;
  WaitListener* listener_ ABSL_GUARDED_BY(mutex_);
  bool announced_ ABSL_GUARDED_BY(mutex_) = false;
  int total_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<std::string> waiting_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> refused_ ABSL_GUARDED_BY(mutex_);  // node, reason
};

}  // namespace sluice::publish
