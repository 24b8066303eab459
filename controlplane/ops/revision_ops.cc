#include "controlplane/ops/revision_ops.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "controlplane/ops/resource_diff.h"
#include "controlplane/ops/restoration.h"

namespace sluice::ops {
namespace {

using store::ResourceSpan;

absl::Status CheckRevision(std::string_view field, int64_t revision, int64_t newest) {
  if (revision >= 0 && revision <= newest) return absl::OkStatus();
  return absl::OutOfRangeError(
      base::Cat(field, ": there is no revision ", revision, ", the newest is ", newest));
}

void Describe(const Restoration& restoration, admin::v1::RollbackResponse* response) {
  for (const ResourceSpan& step : restoration.steps) {
    *response->add_resources() = DescribeSpan(step);
  }
  for (const std::string& name : restoration.still_revoked) response->add_still_revoked(name);
}

}  // namespace

absl::StatusOr<admin::v1::DiffRevisionsResponse> RevisionOps::Diff(
    const admin::v1::DiffRevisionsRequest& request) {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  const store::ResourceRows& rows = (*reading)->rows();
  auto newest = rows.Revision();
  if (!newest.ok()) return newest.status();
  const int64_t from = request.from_revision();
  const int64_t to = request.to_revision();
  absl::Status status = CheckRevision("from_revision", from, *newest);
  if (status.ok()) status = CheckRevision("to_revision", to, *newest);
  if (!status.ok()) return status;
  auto spans = rows.Between(std::min(from, to), std::max(from, to));
  if (!spans.ok()) return spans.status();
  admin::v1::DiffRevisionsResponse response;
  for (ResourceSpan& span : *spans) {
    if (from > to) std::swap(span.before, span.after);
    *response.add_resources() = DescribeSpan(span);
  }
  return response;
}

absl::StatusOr<admin::v1::RollbackResponse> RevisionOps::Rehearse(
    const admin::v1::RollbackRequest& request) {
  auto reading = path_.store().Read();
  if (!reading.ok()) return reading.status();
  const store::ResourceRows& rows = (*reading)->rows();
  auto newest = rows.Revision();
  if (!newest.ok()) return newest.status();
  auto restoration = PlanRestoration(rows, request.to_revision(), sealer_, path_.clock().Now());
  if (!restoration.ok()) return restoration.status();
  admin::v1::RollbackResponse response;
  Describe(*restoration, &response);
  response.set_revision(*newest);
  return response;
}

absl::StatusOr<admin::v1::RollbackResponse> RevisionOps::Rollback(
    const Caller& caller, const admin::v1::RollbackRequest& request) {
  if (request.dry_run()) return Rehearse(request);
  admin::v1::RollbackResponse response;
  auto revision = path_.Write(
      caller, ExpectedRevision(request), [&](store::Change& change) -> absl::StatusOr<std::string> {
        auto restoration =
            PlanRestoration(change.rows(), request.to_revision(), sealer_, path_.clock().Now());
        if (!restoration.ok()) return restoration.status();
        if (absl::Status status = Restore(*restoration, change); !status.ok()) return status;
        Describe(*restoration, &response);
        return base::Cat("rolled back to revision ", request.to_revision());
      });
  if (!revision.ok()) return revision.status();
  response.set_revision(*revision);
  return response;
}

}  // namespace sluice::ops
