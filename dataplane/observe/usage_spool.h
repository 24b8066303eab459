// The accounts' write-ahead log of a node: every record is on disk before it goes to the control
// plane, and stays there until the control plane has said that it has stored it.
//
//   Add, Write      records gather, and are appended to the newest segment
//   Next            the oldest that are not acknowledged, as one batch; no other before its ack
//   Acknowledge     what need not be kept; a segment of which all is acknowledged is deleted
//
// What was written survives a kill of the process; what was synced, a loss of power. Bounded: from
// three quarters of most_bytes on, and while the disk takes nothing, records are folded into sums
// (usage_fold.h), which are written once a minute while there is room, and held in memory while
// there is none. What held no client key is always folded, once a second.
//
// Any thread. Files are written and synced by whoever calls Write and Sync, which is one thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "dataplane/observe/spool_segment.h"
#include "dataplane/observe/usage_fold.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::observe {

class UsageSpool {
 public:
  struct Options {
    std::string folder;
    uint64_t most_bytes = uint64_t{256} << 20;
    uint64_t segment_bytes = uint64_t{4} << 20;
  };
  // Of one batch.
  static constexpr size_t kMostBatchRecords = 500;
  static constexpr size_t kMostBatchBytes = size_t{128} << 10;

  struct State {
    uint64_t bytes = 0;     // on disk
    int64_t waiting = 0;    // records on disk that are not acknowledged
    uint64_t spooled = 0;   // records written since the start
    uint64_t folded = 0;    // requests that were folded since the start for want of room
    uint64_t lost = 0;      // records on disk that could not be read back
    uint64_t failures = 0;  // of the disk
    bool full = false;      // records are folded now
  };

  // Finds what is left of before. An error names the folder.
  static absl::StatusOr<std::unique_ptr<UsageSpool>> Open(Options options,
                                                          const base::Clock& clock);

  void Add(fleet::v1::UsageRecord record);
  // Appends what has gathered.
  void Write();
  // About once a second: folded records too, and all of it to the disk.
  void Sync();

  // Nothing: there is none, or a batch is under way.
  std::optional<fleet::v1::UsageBatch> Next();
  void Acknowledge(const fleet::v1::UsageAck& ack);
  // The connection is another: what was under way is to be sent again.
  void Rewind();

  State state() const;

 private:
  UsageSpool(Options options, const base::Clock& clock);

  absl::Status ReadFolder() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsNearlyFull() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fold(fleet::v1::UsageRecord record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteGathered() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AppendGathered() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UnfoldIfDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropAcknowledged() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveUp(SpoolSegment& segment, const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Warn(const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const base::Clock& clock_;
  mutable absl::Mutex mutex_;
  // Oldest first. Segments stay where they are in memory: Sync holds the newest without the lock.
  std::list<SpoolSegment> segments_ ABSL_GUARDED_BY(mutex_);
  bool appending_ ABSL_GUARDED_BY(mutex_) = false;  // to the newest of them
  bool unsynced_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<fleet::v1::UsageRecord> gathered_ ABSL_GUARDED_BY(mutex_);
  UsageFold refused_ ABSL_GUARDED_BY(mutex_);  // of no client key
  UsageFold crowded_ ABSL_GUARDED_BY(mutex_);  // for want of room
  absl::Time crowded_written_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time warned_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::string under_way_ ABSL_GUARDED_BY(mutex_);  // the segment of the batch; empty: none is
  State state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::observe
