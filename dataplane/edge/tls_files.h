// The certificates and keys of a TLS listener as files of the operator's, and what follows when
// they change: a new context for the connections that come. Those that are open stay with theirs.
//
// A change is seen by size, time and inode, and taken when a second look finds the files as the
// first did, so that a pair is not read while it is being written. What cannot be used is refused
// whole: the former context stays, the log says why, and it is tried again when a file changes or a
// minute has passed. Once in twelve hours the same files are read again for new ticket keys:
// whoever steals the keys in memory reads no older TLS 1.2 session.
//
// Open and Check belong to one thread at a time, never a worker's: they read files. The rest is for
// any.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "dataplane/edge/tls_slot.h"

namespace sluice::edge {

struct TlsPair {
  std::string certificate_file;  // PEM: the certificate, then those in between
  std::string key_file;          // PEM, without a passphrase
};

class TlsFiles {
 public:
  struct Certificate {
    std::string file;
    absl::Time not_before;
    absl::Time not_after;
  };
  struct State {
    std::vector<Certificate> certificates;  // in use, in the order of the pairs
    int64_t loads = 0;                      // since the start, the first included
    int64_t refusals = 0;
    bool refused = false;  // the files are not what is in use
  };

  // `pairs`: one or more. FailedPrecondition names the file and what is wrong. `clock` outlives
  // this object.
  static absl::StatusOr<std::unique_ptr<TlsFiles>> Open(std::vector<TlsPair> pairs,
                                                        const base::Clock& clock);

  // One look at the files; also warns of certificates that are about to expire, once a day each.
  void Check();

  // Outlives the listeners that use it.
  TlsSlot& slot() { return slot_; }
  State state() const;

 private:
  // Of one file; all zero: it is not there.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t seconds = 0;  // of its last change
    int64_t nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::vector<Stamp>;
  struct Loaded {
    std::shared_ptr<const TlsContext> context;
    std::vector<Certificate> certificates;
  };

  TlsFiles(std::vector<TlsPair> pairs, const base::Clock& clock);
  Stamps Look() const;
  absl::StatusOr<Loaded> Read(absl::Time now) const;
  // `stamps`: of a look before the files are read.
  absl::Status Take(Stamps stamps, absl::Time now);
  void Refuse(Stamps stamps, const absl::Status& why, absl::Time now);
  void WarnOfEnds(absl::Time now);
  bool IsDue(const Stamps& stamps, absl::Time now) const;

  const std::vector<TlsPair> pairs_;
  const base::Clock& clock_;
  TlsSlot slot_;

  // Of the thread that checks.
  Stamps seen_;     // by the last look
  Stamps taken_;    // what is in use
  Stamps refused_;  // what could not be used; empty: nothing
  absl::Time tried_at_;
  absl::Time warned_at_ = absl::InfinitePast();
  std::string last_refusal_;

  mutable absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::edge
