// The reading half of `sluicectl provider-key`.
#pragma once

#include "controlplane/cli/command_list.h"

namespace sluice::cli {

// Within the group `provider-key`: list and get.
void AddProviderKeyViews(CommandList& commands, CLI::App* group);

}  // namespace sluice::cli
