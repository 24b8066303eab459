// The road of every write: begin, compare the expected revision, let the use case change rows,
// commit, ring the bell. Thread-safe; writes go one after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "controlplane/ops/caller.h"
#include "controlplane/store/commit_listener.h"
#include "controlplane/store/store.h"

namespace sluice::ops {

class WritePath {
 public:
  // Changes rows and returns one line for the history, e.g. "provider x created".
  using Body = absl::FunctionRef<absl::StatusOr<std::string>(store::Change&)>;

  // Says which nodes get a canary write first; see publish::ChooseTerms.
  using CanaryChooser = std::function<absl::StatusOr<store::RolloutTerms>(const CanaryRequest&)>;

  WritePath(store::Store& store, const base::Clock& clock, store::CommitListener& listener,
            CanaryChooser choose_canaries = nullptr)
      : store_(store),
        clock_(clock),
        listener_(listener),
        choose_canaries_(std::move(choose_canaries)) {}

  // Returns the new revision, or the newest if `body` changed nothing. Aborted if `expected` is
  // given and not the newest. FailedPrecondition for a canary write while a rollout is under way,
  // and for a write that the nodes would refuse for which that rollout holds resources.
  absl::StatusOr<int64_t> Write(const Caller& caller, std::optional<int64_t> expected, Body body);

  store::Store& store() { return store_; }
  const base::Clock& clock() const { return clock_; }

 private:
  absl::StatusOr<store::Committed> Apply(const Caller& caller, store::Change& change,
                                         std::optional<int64_t> expected, Body body);
  absl::Status BeginRollout(const Caller& caller, store::Change& change);

  store::Store& store_;
  const base::Clock& clock_;
  store::CommitListener& listener_;
  const CanaryChooser choose_canaries_;
};

// OK, or Aborted if `expected` is given and not `newest`.
absl::Status CompareRevision(std::optional<int64_t> expected, int64_t newest);

// The field of a request, where it is given.
template <typename Request>
std::optional<int64_t> ExpectedRevision(const Request& request) {
  if (!request.has_expected_revision()) return std::nullopt;
  return request.expected_revision();
}

}  // namespace sluice::ops
