#include "common/base/flags.h"

#include <cstdlib>
#include <istream>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "common/base/text.h"

namespace sluice::base {
namespace {

constexpr int kGoOn = -1;
constexpr int kUsageError = 2;
constexpr std::string_view kConfigFlag = "--config";

std::string TwinOf(std::string_view long_name) {
  return Cat("SLUICE_", Upper(absl::StrReplaceAll(ToAbsl(long_name), {{"-", "_"}})));
}

// An empty variable counts as none, as the library has it for all flags.
std::string VariableOf(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string LongNameOf(const CLI::Option& option) {
  return option.get_lnames().empty() ? "" : option.get_lnames().front();
}

// Reads `flag = value` lines, the value taken as it stands: the library's own reader splits values
// at commas, skips short lines, and puts the file above the environment.
class FileBelowEnvironment : public CLI::Config {
 public:
  // `app` owns this object.
  explicit FileBelowEnvironment(const CLI::App& app) : app_(app) {}

  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return ""; }

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::vector<CLI::ConfigItem> items;
    std::string text;
    for (int line = 1; std::getline(input, text); ++line) {
      const std::string_view content = Stripped(text);
      if (content.empty() || content.front() == '#') continue;
      CLI::ConfigItem item = ItemOf(content, line);
      RefuseRepeated(items, item, line);
      items.push_back(std::move(item));
    }
    std::erase_if(
        items, [](const CLI::ConfigItem& item) { return !VariableOf(TwinOf(item.name)).empty(); });
    return items;
  }

 private:
  [[noreturn]] void Refuse(int line, std::string_view what) const {
    const std::string file = app_.get_config_ptr()->as<std::string>();
    throw CLI::ConfigError(Cat("line ", line, " of ", file, " ", what));
  }

  CLI::ConfigItem ItemOf(std::string_view content, int line) const {
    const size_t equals = content.find('=');
    if (equals == std::string_view::npos) Refuse(line, "is not `flag = value`");
    CLI::ConfigItem item;
    item.name = std::string(Stripped(content.substr(0, equals)));
    item.inputs = {std::string(Stripped(content.substr(equals + 1)))};
    const CLI::Option* option = app_.get_option_no_throw("--" + item.name);
    if (item.name.empty() || option == nullptr || !option->get_configurable()) {
      Refuse(line, Cat("sets \"", item.name, "\", which is no flag that a file may set"));
    }
    return item;
  }

  void RefuseRepeated(const std::vector<CLI::ConfigItem>& items, const CLI::ConfigItem& item,
                      int line) const {
    for (const CLI::ConfigItem& earlier : items) {
      if (earlier.name == item.name) {
        Refuse(line, Cat("sets \"", item.name, "\" a second time"));
      }
    }
  }

  const CLI::App& app_;
};

bool IsGiven(const std::vector<std::string>& arguments, const std::string& flag) {
  for (const std::string& argument : arguments) {
    if (argument == flag || argument.starts_with(flag + "=")) return true;
  }
  return false;
}

// True if `text` speaks of exactly `flag`, not of a longer one that begins with it.
bool Names(std::string_view text, const std::string& flag) {
  for (size_t at = text.find(flag); at != std::string_view::npos; at = text.find(flag, at + 1)) {
    const size_t end = at + flag.size();
    if (end == text.size() || (!absl::ascii_isalnum(text[end]) && text[end] != '-')) return true;
  }
  return false;
}

// Where the flag that `message` complains about was not on the command line: " (from ...)".
std::string OriginOf(const CLI::App& app, const std::vector<std::string>& arguments,
                     std::string_view message) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string flag = "--" + LongNameOf(*option);
    if (flag == "--" || !Names(message, flag) || IsGiven(arguments, flag)) continue;
    const std::string& twin = option->get_envname();
    if (!twin.empty() && !VariableOf(twin).empty()) {
      return Cat(" (from the environment variable ", twin, ")");
    }
    if (option->count() > 0 && app.get_config_ptr()->count() > 0) {
      return Cat(" (from ", app.get_config_ptr()->as<std::string>(), ")");
    }
  }
  return "";
}

int Report(const CLI::App& app, const std::vector<std::string>& arguments,
           const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::cerr << app.get_name() << ": " << error.what() << OriginOf(app, arguments, error.what())
            << "\nRun " << app.get_name() << " --help for the flags.\n";
  return kUsageError;
}

}  // namespace

void PrepareFlags(CLI::App& app) {
  app.set_version_flag("--version", std::string(SLUICE_VERSION), "Print the version and exit");
  app.set_config(std::string(kConfigFlag), "", "File of flags, one `flag = value` a line")
      ->type_name("FILE");
  app.config_formatter(std::make_shared<FileBelowEnvironment>(app));
  app.allow_config_extras(CLI::config_extras_mode::error);
}

void AddEnvironmentTwins(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const std::string name = LongNameOf(*option);
    const bool is_config = option == app.get_config_ptr();
    if (name.empty() || (!option->get_configurable() && !is_config)) continue;
    option->envname(TwinOf(name));
  }
}

int ParseFlags(CLI::App& app, int argc, char** argv) {
  if (app.get_name().empty() && argc > 0) {
    const std::string_view path = argv[0];
    app.name(std::string(path.substr(path.rfind('/') + 1)));
  }
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  // The library looks for the file before it reads the environment.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  const std::string file = VariableOf(TwinOf("config"));
  if (app.get_config_ptr() != nullptr && !file.empty() &&
      !IsGiven(arguments, std::string(kConfigFlag))) {
    reversed.push_back(Cat(kConfigFlag, "=", file));
  }
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return Report(app, arguments, error);
  }
  return kGoOn;
}

}  // namespace sluice::base
