// `sluicectl history`: who changed what, and when.
#include <memory>

#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

struct HistoryOptions {
  int32_t limit = 20;
  int64_t before = 0;
};

absl::Status ListChanges(Session& session, const HistoryOptions& options) {
  admin::v1::ListChangesRequest request;
  request.set_limit(options.limit);
  request.set_before_revision(options.before);
  admin::v1::ListChangesResponse response;
  const absl::Status called =
      session.Call(&admin::v1::HistoryService::Stub::ListChanges, request, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"REVISION", "AT", "BY", "WHAT"});
    for (const admin::v1::Change& change : response.changes()) {
      table.AddRow({base::Cat(change.revision()),
                    change.has_at() ? TimeText(FromProto(change.at())) : "", change.actor(),
                    change.summary().empty() ? change.rpc() : change.summary()});
    }
    table.Print(out);
  });
}

}  // namespace

void AddHistoryCommand(CommandList& commands) {
  const auto options = std::make_shared<HistoryOptions>();
  CLI::App* command =
      commands.Add(nullptr, "history", "Show the changes, newest first: who, when, what.",
                   "sluicectl history --limit 5\nsluicectl history --before 120 -o json",
                   [options](Session& session) { return ListChanges(session, *options); });
  command->add_option("--limit", options->limit, "At most so many (default 20)")
      ->option_text("N")
      ->check(NumberBetween(1, 1000));
  command->add_option("--before", options->before, "Only those older than this revision")
      ->option_text("REVISION")
      ->check(RevisionNumber());
}

}  // namespace sluice::cli
