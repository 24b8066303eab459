#include "controlplane/publish/rollout_watch.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "controlplane/publish/canary_selection.h"

namespace sluice::publish {
namespace {

constexpr int kMaxNamed = 20;

}  // namespace

void RolloutWatch::AddTo(admin::v1::Rollout::Half* half, const store::RolloutRow& rollout,
                         const admin::v1::Node& node) {
  half->set_nodes(half->nodes() + 1);
  if (node.acked_revision() >= rollout.revision) half->set_acked(half->acked() + 1);
  if (node.refused_revision() >= rollout.revision) {
    half->set_refused(half->refused() + 1);
    if (half->refusals_size() < kMaxNamed) {
      half->add_refusals(base::Cat(node.id(), ": ", absl::StrJoin(node.refusals(), "; ")));
    }
  }
  const auto [begin, first] = begin_.try_emplace(node.id(), Counts{node.requests(), node.errors()});
  Counts& from = begin->second;
  // It has started anew.
  if (node.requests() < from.requests || node.errors() < from.errors) from = Counts{};
  half->set_requests(half->requests() + node.requests() - from.requests);
  half->set_errors(half->errors() + node.errors() - from.errors);
}

RolloutWatch::Halves RolloutWatch::Look(const store::RolloutRow& rollout,
                                        const std::vector<admin::v1::Node>& nodes) {
  absl::MutexLock lock(&mutex_);
  if (revision_ != rollout.revision) begin_.clear();
  revision_ = rollout.revision;
  Halves halves;
  for (const admin::v1::Node& node : nodes) {
    if (!node.connected()) continue;
    const bool canary = IsCanary(rollout.terms, node.id(), node.labels());
    AddTo(canary ? &halves.canaries : &halves.others, rollout, node);
  }
  return halves;
}

std::optional<std::string> RolloutWatch::WhyAbort(const store::RolloutRow& rollout,
                                                  const Halves& halves) {
  if (halves.canaries.refused() > 0) {
    return base::Cat("refused by ", halves.canaries.refusals(0));
  }
  const double limit = rollout.terms.max_error_percent;
  const int64_t requests = halves.canaries.requests();
  if (limit <= 0 || requests < kEnoughRequests) return std::nullopt;
  const double percent =
      100.0 * static_cast<double>(halves.canaries.errors()) / static_cast<double>(requests);
  if (percent <= limit) return std::nullopt;
  return absl::StrFormat("%.1f%% of %d requests of the canaries failed, the limit is %g%%", percent,
                         requests, limit);
}

}  // namespace sluice::publish
