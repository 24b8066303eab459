// `sluicectl rollout`: a change that part of the fleet has first, looked at and decided.
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "common/base/text.h"
#include "controlplane/cli/acknowledgement.h"
#include "controlplane/cli/diff_text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/write_options.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::Rollout;
using admin::v1::RolloutService;

std::string StateText(const Rollout& rollout) {
  switch (rollout.state()) {
    case Rollout::ACTIVE:
      return "under way";
    case Rollout::PROMOTED:
      return base::Cat("promoted by revision ", rollout.ended_revision());
    case Rollout::ABORTED:
      return base::Cat("aborted by revision ", rollout.ended_revision());
    default:
      return "unknown";
  }
}

std::string ErrorShare(const Rollout::Half& half) {
  if (half.requests() == 0) return "-";
  return absl::StrFormat(
      "%.2f%%", 100.0 * static_cast<double>(half.errors()) / static_cast<double>(half.requests()));
}

void AddHalf(const std::string& name, const Rollout::Half& half, Table* table) {
  table->AddRow({name, base::Cat(half.nodes()), base::Cat(half.acked()), base::Cat(half.refused()),
                 base::Cat(half.requests()), base::Cat(half.errors()), ErrorShare(half)});
}

void PrintRollout(const Rollout& rollout, std::ostream& out) {
  out << "revision " << rollout.revision() << " for " << Printable(rollout.selector()) << ", by "
      << Printable(rollout.actor()) << ", " << TimeText(FromProto(rollout.started_at())) << ": "
      << StateText(rollout) << '\n';
  if (!rollout.reason().empty()) out << "because: " << Printable(rollout.reason()) << '\n';
  if (rollout.state() == Rollout::ACTIVE) {
    Table table({"", "NODES", "ACKED", "REFUSED", "REQUESTS", "ERRORS", "SHARE"});
    AddHalf("canaries", rollout.canaries(), &table);
    AddHalf("others", rollout.others(), &table);
    table.Print(out);
    for (const Rollout::Half* half : {&rollout.canaries(), &rollout.others()}) {
      for (const std::string& refusal : half->refusals()) {
        out << "refused by " << Printable(refusal) << '\n';
      }
    }
  }
  PrintDiffs(rollout.resources(), out);
}

absl::Status GetRollout(Session& session) {
  Rollout rollout;
  const absl::Status called =
      session.Call(&RolloutService::Stub::GetRollout, admin::v1::GetRolloutRequest(), &rollout);
  if (!called.ok()) return called;
  return session.Print(rollout, [&](std::ostream& out) { PrintRollout(rollout, out); });
}

struct EndOptions {
  std::string wait;
  std::string reason;
};

absl::Status Promote(Session& session, const EndOptions& options) {
  admin::v1::PromoteRolloutResponse response;
  const absl::Status called = session.Call(&RolloutService::Stub::PromoteRollout,
                                           admin::v1::PromoteRolloutRequest(), &response);
  if (!called.ok()) return called;
  return FinishWrite(session, WaitOnly(options.wait), response, [&](std::ostream& out) {
    out << "promoted as revision " << response.revision() << '\n';
  });
}

absl::Status Abort(Session& session, const EndOptions& options) {
  admin::v1::AbortRolloutRequest request;
  request.set_reason(options.reason);
  admin::v1::AbortRolloutResponse response;
  const absl::Status called = session.Call(&RolloutService::Stub::AbortRollout, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, WaitOnly(options.wait), response, [&](std::ostream& out) {
    out << "aborted as revision " << response.revision() << '\n';
  });
}

}  // namespace

void AddRolloutCommands(CommandList& commands) {
  CLI::App* group = commands.AddGroup("rollout", "A change that canaries have first.");
  commands.Add(group, "get", "Show the rollout under way, or the last one.",
               "sluicectl rollout get\nsluicectl rollout get -o json", GetRollout);
  const auto promote = std::make_shared<EndOptions>();
  CLI::App* promote_command = commands.Add(
      group, "promote", "Give the change to all nodes.", "sluicectl rollout promote --wait",
      [promote](Session& session) { return Promote(session, *promote); });
  AddWait(promote_command, &promote->wait);
  const auto abort = std::make_shared<EndOptions>();
  CLI::App* abort_command =
      commands.Add(group, "abort", "Take the change back from the canaries.",
                   "sluicectl rollout abort --reason \"too slow\" --wait",
                   [abort](Session& session) { return Abort(session, *abort); });
  abort_command->add_option("--reason", abort->reason, "For the history")->option_text("TEXT");
  AddWait(abort_command, &abort->wait);
}

}  // namespace sluice::cli
