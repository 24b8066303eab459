#include "controlplane/ops/write_path.h"

#include <memory>
#include <utility>

#include "common/base/text.h"
#include "controlplane/ops/rollout_check.h"

namespace sluice::ops {

absl::Status CompareRevision(std::optional<int64_t> expected, int64_t newest) {
  if (!expected || *expected == newest) return absl::OkStatus();
  std::string conflict =
      base::Cat("conflict: revision ", *expected, " was expected, but the newest is ", newest);
  if (*expected < newest) {
    conflict += base::Cat(": others have written since (sluicectl diff ", *expected, " ", newest,
                          " shows what)");
  }
  return absl::AbortedError(conflict);
}

absl::StatusOr<store::Committed> WritePath::Apply(const Caller& caller, store::Change& change,
                                                  std::optional<int64_t> expected, Body body) {
  auto newest = change.rows().Revision();
  if (!newest.ok()) return newest.status();
  if (absl::Status status = CompareRevision(expected, *newest); !status.ok()) return status;
  absl::StatusOr<std::string> summary = body(change);
  if (!summary.ok()) return summary.status();
  if (caller.canary.has_value()) {
    if (absl::Status status = BeginRollout(caller, change); !status.ok()) return status;
  }
  if (absl::Status status = CheckOthers(change); !status.ok()) return status;
  return change.Commit(*summary);
}

absl::Status WritePath::BeginRollout(const Caller& caller, store::Change& change) {
  if (change.active_rollout().has_value()) {
    return absl::FailedPreconditionError(
        base::Cat("the rollout of revision ", change.active_rollout()->revision,
                  " is still under way: promote or abort it first"));
  }
  if (!choose_canaries_) return absl::UnimplementedError("this write cannot be a canary's");
  auto terms = choose_canaries_(*caller.canary);
  if (!terms.ok()) return terms.status();
  change.BeginRollout(*std::move(terms));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> WritePath::Write(const Caller& caller, std::optional<int64_t> expected,
                                         Body body) {
  absl::StatusOr<store::Committed> committed;
  {
    auto change = store_.Begin({.actor = caller.principal.name,
                                .token = caller.principal.token_id,
                                .peer = caller.peer,
                                .rpc = caller.rpc,
                                .at = clock_.Now()});
    if (!change.ok()) return change.status();
    committed = Apply(caller, **change, expected, body);
  }
  if (!committed.ok()) return committed.status();
  if (committed->changed) listener_.OnCommit(committed->revision);
  return committed->revision;
}

}  // namespace sluice::ops
