// The commands of the program, and the one that the command line chose. One thread.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "controlplane/cli/session.h"

namespace sluice::cli {

class CommandList {
 public:
  using Action = std::function<absl::Status(Session&)>;

  explicit CommandList(CLI::App* root) : root_(root) {}
  CommandList(const CommandList&) = delete;
  CommandList& operator=(const CommandList&) = delete;

  // A word that only groups commands.
  CLI::App* AddGroup(const std::string& name, const std::string& description);
  // `group`: null for a command of one word; or a command, which then may stand alone or before
  // this one. `examples`: one a line, for the end of its help.
  CLI::App* Add(CLI::App* group, const std::string& name, const std::string& description,
                const std::string& examples, Action action);

  // The command knows how to print -o csv.
  void AllowCsv(const CLI::App* command) { csv_.insert(command); }

  // After parsing; empty if no command was named.
  const Action& chosen() const { return chosen_; }
  bool csv_chosen() const { return csv_chosen_; }

 private:
  CLI::App* root_;
  std::set<const CLI::App*> csv_;
  Action chosen_;
  bool csv_chosen_ = false;
};

}  // namespace sluice::cli
