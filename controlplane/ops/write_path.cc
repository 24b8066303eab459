#include "controlplane/ops/write_path.h"

#include <memory>
#include <utility>

#include "common/base/text.h"

namespace sluice::ops {
namespace {

absl::Status CompareRevision(const store::Change& change, std::optional<int64_t> expected) {
  if (!expected) return absl::OkStatus();
  auto newest = change.rows().Revision();
  if (!newest.ok()) return newest.status();
  if (*newest == *expected) return absl::OkStatus();
  return absl::AbortedError(
      base::Cat("revision ", *expected, " was expected, but the newest is ", *newest));
}

absl::StatusOr<store::Committed> Apply(store::Change& change, std::optional<int64_t> expected,
                                       WritePath::Body body) {
  if (absl::Status status = CompareRevision(change, expected); !status.ok()) return status;
  absl::StatusOr<std::string> summary = body(change);
  if (!summary.ok()) return summary.status();
  return change.Commit(*summary);
}

}  // namespace

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
    committed = Apply(**change, expected, body);
  }
  if (!committed.ok()) return committed.status();
  if (committed->changed) listener_.OnCommit(committed->revision);
  return committed->revision;
}

}  // namespace sluice::ops
