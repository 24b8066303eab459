// Who watches requests live, and what the nodes are to send for it: the union of what the callers
// asked for, to each node that some of them want. Nodes send only while there is one.
//
// Thread-safe. Its lock comes after a session's, and is never held while a watch is called.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/publish/tail_watch.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::publish {

class TailHub {
 public:
  static constexpr size_t kMostWatches = 16;
  static constexpr int kMostLines = 200;  // of a node's message

  struct State {
    size_t watches = 0;
    uint64_t lines = 0;     // taken by watches since the start
    uint64_t left_out = 0;  // that nodes said they left out
  };

  // `outlet` must live until Remove returns. The caller then tells the nodes, and begins the watch.
  // ResourceExhausted: there are kMostWatches; after CloseAll its status.
  absl::StatusOr<std::shared_ptr<TailWatch>> Add(TailTerms terms, TailOutlet& outlet);
  // The caller then tells the nodes.
  void Remove(const std::shared_ptr<TailWatch>& watch);

  // Changes with every order.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // What the node is to send. Without filters: nothing.
  fleet::v1::TailOrder OrderFor(const std::string& node) const;
  void Take(const std::string& node, const fleet::v1::TailLines& told, absl::Time now);
  // The node has left.
  void Forget(const std::string& node);

  // Ends all, and from now on Add refuses.
  void CloseAll(const absl::Status& status);

  State state() const;

 private:
  using Watches = std::vector<std::shared_ptr<TailWatch>>;

  Watches All() const;

  std::atomic<uint64_t> version_{0};
  std::atomic<uint64_t> lines_{0};
  std::atomic<uint64_t> left_out_{0};
  mutable absl::Mutex mutex_;
  Watches watches_ ABSL_GUARDED_BY(mutex_);
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);  // OK: it is open
};

}  // namespace sluice::publish
