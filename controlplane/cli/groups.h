// The command groups; each is built in the file of its name. `commands` outlives the run.
#pragma once

#include "controlplane/cli/command_list.h"

namespace sluice::cli {

void AddProviderCommands(CommandList& commands);
void AddProviderKeyCommands(CommandList& commands);
void AddClientKeyCommands(CommandList& commands);
void AddJwtIssuerCommands(CommandList& commands);
void AddSettingsCommands(CommandList& commands);
void AddNodeCommands(CommandList& commands);
void AddJoinTokenCommands(CommandList& commands);
void AddAdminCommands(CommandList& commands);
void AddSecretsCommands(CommandList& commands);
void AddHistoryCommand(CommandList& commands);
void AddRevisionCommands(CommandList& commands);
void AddRolloutCommands(CommandList& commands);
void AddAuditCommands(CommandList& commands);
void AddDeclarationCommands(CommandList& commands);
void AddBackupCommand(CommandList& commands);
void AddUsageCommands(CommandList& commands);
void AddBudgetCommand(CommandList& commands);
void AddPriceCommands(CommandList& commands);
void AddTailCommand(CommandList& commands);
void AddTopCommand(CommandList& commands);
// Within the group `provider-key`.
void AddProviderKeyRefresh(CommandList& commands, CLI::App* group);
// Within the group `node`.
void AddSeedCommand(CommandList& commands, CLI::App* group);
void AddStatusCommand(CommandList& commands);

}  // namespace sluice::cli
