// The command line: the options that every command has, and what is said when it is wrong. One
// thread.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/cli/session.h"
#include "controlplane/cli/terminal.h"

namespace sluice::cli {

class CommandLine {
 public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Where commands are added, before Parse.
  CLI::App& root() { return root_; }

  // Empty: a command was chosen. Otherwise help or an error was printed, and this is the exit code.
  std::optional<int> Parse(const std::vector<std::string>& arguments, const Terminal& terminal);

  // After Parse.
  const Globals& globals() const { return globals_; }

 private:
  void AddGlobalOptions();
  void FillGlobals(const Terminal& terminal);
  // Options may stand between the words of a command; this finds the words.
  std::vector<std::string> CommandWords(const std::vector<std::string>& arguments) const;
  // What is wrong with the words; "" if they name a command. `app`: the last that they name.
  std::string UnknownCommand(const std::vector<std::string>& words, const CLI::App** app) const;

  CLI::App root_;
  std::string server_;
  std::string output_;
  std::string timeout_;
  Globals globals_;
};

}  // namespace sluice::cli
