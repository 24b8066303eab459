#include "controlplane/cli/run.h"

#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "controlplane/cli/command_line.h"
#include "controlplane/cli/command_list.h"
#include "controlplane/cli/exit_code.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/session.h"

namespace sluice::cli {
namespace {

void AddCommands(CommandList& commands) {
  AddProviderCommands(commands);
  AddProviderKeyCommands(commands);
  AddClientKeyCommands(commands);
  AddJwtIssuerCommands(commands);
  AddSettingsCommands(commands);
  AddNodeCommands(commands);
  AddJoinTokenCommands(commands);
  AddAdminCommands(commands);
  AddSecretsCommands(commands);
  AddHistoryCommand(commands);
  AddRevisionCommands(commands);
  AddRolloutCommands(commands);
  AddAuditCommands(commands);
  AddDeclarationCommands(commands);
  AddBackupCommand(commands);
  AddUsageCommands(commands);
  AddBudgetCommand(commands);
  AddPriceCommands(commands);
  AddTailCommand(commands);
  AddTopCommand(commands);
  AddStatusCommand(commands);
}

absl::Status Do(const CommandList::Action& action, const Globals& globals,
                const Terminal& terminal) {
  const absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(globals, terminal);
  return session.ok() ? action(**session) : session.status();
}

}  // namespace

int Run(const std::vector<std::string>& arguments, const Terminal& terminal) {
  CommandLine line;
  CommandList commands(&line.root());
  AddCommands(commands);
  if (const std::optional<int> exit = line.Parse(arguments, terminal)) return *exit;
  if (line.globals().output == OutputFormat::kCsv && !commands.csv_chosen()) {
    *terminal.err << "sluicectl: -o csv is for sluicectl usage alone; the others have table, json "
                     "and yaml\n"
                  << std::flush;
    return kExitUsage;
  }
  const absl::Status done = Do(commands.chosen(), line.globals(), terminal);
  if (!done.ok()) *terminal.err << "sluicectl: " << done.message() << '\n' << std::flush;
  return ExitCodeOf(done);
}

}  // namespace sluice::cli
