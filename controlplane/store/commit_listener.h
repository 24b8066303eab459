// The bell between writers and publishing: rung after each commit that made a new revision.
// `ops` rings it, what publishes the configuration hears it, and neither knows the other.
#pragma once

#include <cstdint>

namespace sluice::store {

class CommitListener {
 public:
  virtual ~CommitListener() = default;
  // On the writer's thread, with no lock held. Must return at once.
  virtual void OnCommit(int64_t revision) = 0;
};

}  // namespace sluice::store
