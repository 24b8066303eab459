#include "controlplane/cli/command_line.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/exit_code.h"
#include "controlplane/cli/near_words.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

constexpr char kFooter[] =
    "First steps:\n"
    "  export SLUICE_TOKEN_FILE=var/controlplane/admin.token\n"
    "  sluicectl status\n"
    "  sluicectl provider create openai --preset openai\n"
    "  sluicectl provider-key add openai --name main --from-env OPENAI_API_KEY\n"
    "  sluicectl key create --name my-app --wait\n"
    "\n"
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage,\n"
    "            3 committed, but not acknowledged by every node in time (--wait).\n"
    "\n"
    "sluicectl COMMAND --help shows the options and an example of each command.";

// "sluicectl provider create".
std::string FullName(const CLI::App* app) {
  const std::string& name = app->get_name();
  return app->get_parent() == nullptr ? name : base::Cat(FullName(app->get_parent()), " ", name);
}

const CLI::App* Deepest(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return app;
}

// CLI11 puts the command's own name after what it is given.
std::string HelpOf(const CLI::App* app) {
  return app->help(app->get_parent() == nullptr ? "" : FullName(app->get_parent()));
}

std::vector<std::string> SubcommandNames(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> OptionNames(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

// A word that only groups commands; others may have commands below them, and stand alone too.
bool IsGroup(const CLI::App* app) {
  return !SubcommandNames(app).empty() && app->get_require_subcommand_max() > 0;
}

// The value of an option may be a secret that was put in the wrong place: only its name is
// repeated.
std::string UnexpectedArgument(const CLI::App& root, const CLI::App* command) {
  const std::vector<std::string> extras = root.remaining(true);
  const auto option = std::find_if(extras.begin(), extras.end(), [](const std::string& extra) {
    return extra.size() > 1 && extra[0] == '-';
  });
  if (option == extras.end()) return "takes no further argument";
  const std::string name = Printable(option->substr(0, option->find('=')));
  return base::Cat("has no option ", name, DidYouMean(name, OptionNames(command)));
}

std::string Complaint(const CLI::ParseError& error, const CLI::App& root, const CLI::App* command) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    return UnexpectedArgument(root, command);
  }
  return Printable(error.what());
}

}  // namespace

CommandLine::CommandLine() : root_("Administers a Sluice control plane.", "sluicectl") {
  // Options of the root are found after a command too, and inherited by every command added later.
  root_.fallthrough();
  root_.require_subcommand(0, 1);
  root_.set_help_flag("-h,--help", "Show this help");
  root_.set_version_flag("--version", "sluicectl " SLUICE_VERSION, "Show the version");
  root_.footer(kFooter);
  root_.get_formatter()->label("SUBCOMMAND", "COMMAND");
  root_.get_formatter()->label("Positionals", "Arguments");
  AddGlobalOptions();
}

void CommandLine::AddGlobalOptions() {
  root_
      .add_option("--server", server_,
                  "The control plane; or SLUICE_SERVER\n(default 127.0.0.1:9090)")
      ->option_text("HOST:PORT");
  root_
      .add_option("--token-file", globals_.token_file,
                  "A file with an admin token; or SLUICE_TOKEN_FILE,\n"
                  "or the token itself in SLUICE_TOKEN")
      ->option_text("FILE");
  root_
      .add_option("--ca-file", globals_.ca_file,
                  "TLS to the control plane: its ca.crt;\nor SLUICE_CA_FILE")
      ->option_text("FILE");
  root_.add_option("-o,--output", output_, "How to print (default table)")
      ->option_text("table|json|yaml")
      ->check(CLI::Validator(
          [](std::string& text) -> std::string {
            // Of some commands: they say so in their help.
            if (text == "csv") return "";
            return OneOf({"table", "json", "yaml"})(text);
          },
          ""));
  root_.add_option("--timeout", timeout_, "How long to wait for an answer (default 30s)")
      ->option_text("DURATION")
      ->check(PositiveDuration());
  root_.add_flag("--insecure", globals_.insecure, "Send the token unencrypted to another machine");
}

void CommandLine::FillGlobals(const Terminal& terminal) {
  globals_.server = server_;
  if (server_.empty()) globals_.server = terminal.environment("SLUICE_SERVER").value_or("");
  if (globals_.server.empty()) globals_.server = "127.0.0.1:9090";
  if (globals_.ca_file.empty()) {
    globals_.ca_file = terminal.environment("SLUICE_CA_FILE").value_or("");
  }
  globals_.output = output_ == "json"   ? OutputFormat::kJson
                    : output_ == "yaml" ? OutputFormat::kYaml
                    : output_ == "csv"  ? OutputFormat::kCsv
                                        : OutputFormat::kTable;
  // Checked while it was parsed.
  globals_.timeout = ParseDuration(timeout_).value_or(absl::Seconds(30));
}

std::vector<std::string> CommandLine::CommandWords(
    const std::vector<std::string>& arguments) const {
  std::vector<std::string> words;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!argument.starts_with("-")) {
      words.push_back(argument);
      continue;
    }
    const CLI::Option* option = root_.get_option_no_throw(argument);
    if (option != nullptr && option->get_items_expected_max() > 0) ++i;  // its value
  }
  return words;
}

std::string CommandLine::UnknownCommand(const std::vector<std::string>& words,
                                        const CLI::App** app) const {
  *app = &root_;
  for (const std::string& word : words) {
    const std::vector<std::string> known = SubcommandNames(*app);
    if (known.empty()) return "";
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      // The value of one of its options, or an argument too many.
      if (!IsGroup(*app)) return "";
      return base::Cat("has no command \"", Printable(word), "\"", DidYouMean(word, known),
                       " (the commands are ", absl::StrJoin(known, ", "), ")");
    }
    *app = (*app)->get_subcommand(word);
  }
  return "";
}

std::optional<int> CommandLine::Parse(const std::vector<std::string>& arguments,
                                      const Terminal& terminal) {
  const auto complain = [&](const CLI::App* app, const std::string& what) {
    *terminal.err << "sluicectl: " << FullName(app) << " " << what << "; see " << FullName(app)
                  << " --help\n"
                  << std::flush;
    return kExitUsage;
  };
  const CLI::App* named = nullptr;
  const std::string unknown = UnknownCommand(CommandWords(arguments), &named);
  if (!unknown.empty()) return complain(named, unknown);
  try {
    root_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    *terminal.out << HelpOf(named) << std::flush;
    return kExitDone;
  } catch (const CLI::CallForVersion& version) {
    *terminal.out << version.what() << '\n' << std::flush;
    return kExitDone;
  } catch (const CLI::ParseError& error) {
    return complain(Deepest(&root_), Complaint(error, root_, Deepest(&root_)));
  }
  if (IsGroup(named)) {
    *terminal.err << HelpOf(named) << std::flush;
    return kExitUsage;
  }
  FillGlobals(terminal);
  return std::nullopt;
}

}  // namespace sluice::cli
