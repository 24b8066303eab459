#include "controlplane/cli/command_list.h"

#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"

namespace sluice::cli {

CLI::App* CommandList::AddGroup(const std::string& name, const std::string& description) {
  CLI::App* group = root_->add_subcommand(name, description);
  group->group("Commands");
  // At most one: so that a resource may be called like a command.
  group->require_subcommand(0, 1);
  group->footer(base::Cat("sluicectl ", name, " COMMAND --help shows a command's options."));
  return group;
}

CLI::App* CommandList::Add(CLI::App* group, const std::string& name, const std::string& description,
                           const std::string& examples, Action action) {
  CLI::App* command = (group == nullptr ? root_ : group)->add_subcommand(name, description);
  command->group("Commands");
  // What it would inherit is for groups: it stands alone, whether or not it has commands below it.
  command->require_subcommand(0, 0);
  const std::vector<std::string> lines = absl::StrSplit(examples, '\n');
  command->footer(base::Cat(lines.size() == 1 ? "Example:" : "Examples:", "\n  ",
                            absl::StrJoin(lines, "\n  "),
                            "\n\nEvery command also takes --server, --ca-file, --token-file, "
                            "-o, --timeout and\n--insecure (see sluicectl --help)."));
  // Of a command with commands below it, theirs come first: it is meant only where none is named.
  command->callback([this, command, action = std::move(action)] {
    if (!command->get_subcommands().empty()) return;
    chosen_ = action;
    csv_chosen_ = csv_.contains(command);
  });
  return command;
}

}  // namespace sluice::cli
