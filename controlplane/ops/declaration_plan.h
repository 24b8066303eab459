// The steps that make the configuration what a declaration says. Pure, but for sealing and opening
// secrets.
//
// What the declaration does not name stays, or goes where it prunes. A revocation is never taken
// back: a client key that is revoked and declared stays revoked.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/change.h"
#include "controlplane/store/resource_rows.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

struct DeclarationPlan {
  struct Step {
    store::ResourceSpan span;
    store::ResourceRow row;  // what is put; of an erased resource its kind and id only
  };
  // In an order in which no name is taken twice. Empty: nothing differs.
  std::vector<Step> steps;
  // Declared, and revoked in the store.
  std::vector<config::v1::ClientKey> still_revoked;
};

// The whole result obeys the nodes' own checker: InvalidArgument lists what does not.
// FailedPrecondition for what a declaration cannot change (a preset, the text of a client key);
// DataLoss for a stored secret that the master key does not open.
absl::StatusOr<DeclarationPlan> PlanDeclaration(const store::ResourceRows& rows,
                                                const admin::v1::ApplyConfigurationRequest& request,
                                                const sealing::Sealer& sealer, absl::Time now);

absl::Status CarryOut(const DeclarationPlan& plan, store::Change& change);

// One line for the history, e.g. "declaration applied: 2 created, 1 changed".
std::string SummaryOf(const DeclarationPlan& plan);

// As ResourceDiffs. A client key that stays revoked is one without an action.
void DescribePlan(const DeclarationPlan& plan, admin::v1::ApplyConfigurationResponse* response);

}  // namespace sluice::ops
