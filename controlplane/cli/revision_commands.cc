// `sluicectl diff` and `sluicectl rollback`: old revisions, compared and brought back.
#include <memory>
#include <string>

#include "common/base/text.h"
#include "controlplane/cli/diff_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/write_options.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::HistoryService;

struct DiffOptions {
  int64_t from = 0;
  int64_t to = 0;
};

absl::Status DiffRevisions(Session& session, const DiffOptions& options) {
  admin::v1::DiffRevisionsRequest request;
  request.set_from_revision(options.from);
  request.set_to_revision(options.to);
  admin::v1::DiffRevisionsResponse response;
  const absl::Status called =
      session.Call(&HistoryService::Stub::DiffRevisions, request, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    PrintDiffs(response.resources(), out);
    if (response.resources().empty()) out << "no difference\n";
  });
}

struct RollbackOptions {
  int64_t to = 0;
  bool dry_run = false;
  WriteOptions write;
};

void PrintRollback(const RollbackOptions& options, const admin::v1::RollbackResponse& response,
                   std::ostream& out) {
  PrintDiffs(response.resources(), out);
  for (const std::string& name : response.still_revoked()) {
    out << "client key " << Printable(name) << " stays revoked\n";
  }
  if (response.resources().empty()) {
    out << "nothing differs from revision " << options.to << '\n';
  } else if (options.dry_run) {
    out << "would go back to revision " << options.to << "; nothing was changed\n";
  } else {
    out << "back to revision " << options.to << " as revision " << response.revision() << '\n';
  }
}

absl::Status Rollback(Session& session, const RollbackOptions& options) {
  admin::v1::RollbackRequest request;
  request.set_to_revision(options.to);
  request.set_dry_run(options.dry_run);
  options.write.Fill(session, &request);
  admin::v1::RollbackResponse response;
  const absl::Status called = session.Call(&HistoryService::Stub::Rollback, request, &response);
  if (!called.ok()) return called;
  const auto as_table = [&](std::ostream& out) { PrintRollback(options, response, out); };
  if (options.dry_run) return session.Print(response, as_table);
  return FinishWrite(session, options.write, response, as_table);
}

}  // namespace

void AddRevisionCommands(CommandList& commands) {
  const auto diff = std::make_shared<DiffOptions>();
  CLI::App* diff_command =
      commands.Add(nullptr, "diff", "Show what differs between two revisions.",
                   "sluicectl diff 41 42\nsluicectl diff 42 41 -o json",
                   [diff](Session& session) { return DiffRevisions(session, *diff); });
  diff_command->add_option("FROM", diff->from, "A revision; 0 is the empty store")
      ->required()
      ->option_text(" ")
      ->check(RevisionNumber());
  diff_command->add_option("TO", diff->to, "Another, older or newer")
      ->required()
      ->option_text(" ")
      ->check(RevisionNumber());

  const auto rollback = std::make_shared<RollbackOptions>();
  CLI::App* rollback_command =
      commands.Add(nullptr, "rollback", "Go back to an old revision, by a new one.",
                   "sluicectl rollback 41 --dry-run\nsluicectl rollback 41 --wait",
                   [rollback](Session& session) { return Rollback(session, *rollback); });
  rollback_command->add_option("REVISION", rollback->to, "The revision to go back to")
      ->required()
      ->option_text(" ")
      ->check(RevisionNumber());
  rollback_command->add_flag("--dry-run", rollback->dry_run,
                             "Only show what would change. Keys revoked since\n"
                             "stay revoked; keys made since are revoked");
  rollback->write.AddTo(rollback_command);
}

}  // namespace sluice::cli
