// `sluicectl audit`: who did what, from where, and whether the record is whole.
#include <memory>
#include <string>

#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::AuditService;

struct ListOptions {
  int32_t limit = 20;
  int64_t before = 0;
};

absl::Status ListAudit(Session& session, const ListOptions& options) {
  admin::v1::ListAuditRequest request;
  request.set_limit(options.limit);
  request.set_before_id(options.before);
  admin::v1::ListAuditResponse response;
  const absl::Status called = session.Call(&AuditService::Stub::ListAudit, request, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"ID", "AT", "BY", "FROM", "RPC", "WHAT"});
    for (const admin::v1::AuditEntry& entry : response.entries()) {
      table.AddRow({base::Cat(entry.id()), TimeText(FromProto(entry.at())), entry.actor(),
                    entry.peer(), entry.rpc(), entry.summary()});
    }
    table.Print(out);
  });
}

absl::Status VerifyAudit(Session& session) {
  admin::v1::VerifyAuditResponse verdict;
  const absl::Status called =
      session.Call(&AuditService::Stub::VerifyAudit, admin::v1::VerifyAuditRequest(), &verdict);
  if (!called.ok()) return called;
  const absl::Status printed = session.Print(verdict, [&](std::ostream& out) {
    if (!verdict.intact()) return;
    out << "intact: " << verdict.entries() << " entries, head " << verdict.head() << '\n';
  });
  if (!printed.ok() || verdict.intact()) return printed;
  return absl::DataLossError(base::Cat("the audit was tampered with or damaged: entry ",
                                       verdict.broken_at(), " of ", verdict.entries(),
                                       " does not fit the entry before it"));
}

}  // namespace

void AddAuditCommands(CommandList& commands) {
  CLI::App* group = commands.AddGroup("audit", "Who did what, and from where.");
  const auto options = std::make_shared<ListOptions>();
  CLI::App* list = commands.Add(
      group, "list", "List the entries, newest first.",
      "sluicectl audit list --limit 5\nsluicectl audit list -o json | jq '.entries[0].detail'",
      [options](Session& session) { return ListAudit(session, *options); });
  list->add_option("--limit", options->limit, "At most so many (default 20)")
      ->option_text("N")
      ->check(NumberBetween(1, 1000));
  list->add_option("--before", options->before, "Only those before this entry")
      ->option_text("ID")
      ->check(RevisionNumber());
  commands.Add(group, "verify", "Check that no entry was changed or taken out.",
               "sluicectl audit verify", VerifyAudit);
}

}  // namespace sluice::cli
