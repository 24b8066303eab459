#include "controlplane/ops/rollout_ops.h"

#include <utility>

#include "common/base/text.h"
#include "controlplane/ops/resource_diff.h"
#include "controlplane/ops/restoration.h"
#include "controlplane/store/timestamp.h"

namespace sluice::ops {
namespace {

constexpr size_t kMaxReasonBytes = 1024;

admin::v1::Rollout::State StateOf(const store::RolloutRow& row) {
  if (row.active()) return admin::v1::Rollout::ACTIVE;
  return row.promoted ? admin::v1::Rollout::PROMOTED : admin::v1::Rollout::ABORTED;
}

}  // namespace

absl::StatusOr<admin::v1::Rollout> RolloutOps::Get() {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  auto last = (*reading)->rollouts().Last();
  if (!last.ok()) return last.status();
  if (!last->has_value()) return absl::NotFoundError("there never was a rollout");
  const store::RolloutRow& row = **last;
  admin::v1::Rollout rollout;
  rollout.set_revision(row.revision);
  rollout.set_selector(row.terms.selector);
  rollout.set_state(StateOf(row));
  rollout.set_reason(row.reason);
  rollout.set_actor(row.actor);
  *rollout.mutable_started_at() = store::ToTimestamp(row.started_at);
  rollout.set_ended_revision(row.ended_revision);
  rollout.set_max_error_percent(row.terms.max_error_percent);
  auto held = (*reading)->rollouts().Held(row);
  if (!held.ok()) return held.status();
  for (const store::ResourceSpan& span : *held) *rollout.add_resources() = DescribeSpan(span);
  return rollout;
}

absl::StatusOr<int64_t> RolloutOps::Promote(const Caller& caller) {
  return path_.Write(caller, std::nullopt,
                     [&](store::Change& change) -> absl::StatusOr<std::string> {
                       auto rollout = change.EndRollout(true, "");
                       if (!rollout.ok()) return rollout.status();
                       return base::Cat("rollout of revision ", rollout->revision, " promoted");
                     });
}

absl::StatusOr<int64_t> RolloutOps::Abort(const Caller& caller, const std::string& reason) {
  if (reason.size() > kMaxReasonBytes) {
    return absl::InvalidArgumentError(
        base::Cat("reason has ", reason.size(), " bytes, but may have at most ", kMaxReasonBytes));
  }
  return path_.Write(caller, std::nullopt,
                     [&](store::Change& change) -> absl::StatusOr<std::string> {
                       auto rollout = change.EndRollout(false, reason);
                       if (!rollout.ok()) return rollout.status();
                       auto held = change.rollouts().Held(*rollout);
                       if (!held.ok()) return held.status();
                       auto reversal = PlanReversal(*std::move(held), sealer_, path_.clock().Now());
                       if (!reversal.ok()) return reversal.status();
                       if (absl::Status status = Restore(*reversal, change); !status.ok())
                         return status;
                       return base::Cat("rollout of revision ", rollout->revision, " aborted",
                                        reason.empty() ? "" : ": ", base::Escaped(reason));
                     });
}

}  // namespace sluice::ops
