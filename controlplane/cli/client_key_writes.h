// The writing commands of `sluicectl key`.
#pragma once

#include "controlplane/cli/command_list.h"

namespace sluice::cli {

void AddClientKeyCreate(CommandList& commands, CLI::App* group);
void AddClientKeyUpdate(CommandList& commands, CLI::App* group);
void AddClientKeyRevoke(CommandList& commands, CLI::App* group);
void AddClientKeyRotate(CommandList& commands, CLI::App* group);

}  // namespace sluice::cli
