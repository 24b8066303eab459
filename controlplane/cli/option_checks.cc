#include "controlplane/cli/option_checks.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"

namespace sluice::cli {

CLI::Validator PositiveDuration() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const absl::StatusOr<absl::Duration> duration = ParseDuration(text);
        if (!duration.ok()) return std::string(duration.status().message());
        if (*duration > absl::ZeroDuration()) return "";
        return base::Cat("must be longer than \"", text, "\"");
      },
      "");
}

CLI::Validator RevisionNumber() { return NumberBetween(0, std::numeric_limits<int64_t>::max()); }

CLI::Validator NumberBetween(int64_t lowest, int64_t highest) {
  return CLI::Validator(
      [lowest, highest](std::string& text) -> std::string {
        int64_t number = 0;
        const bool good = absl::SimpleAtoi(text, &number) && number >= lowest && number <= highest;
        if (good) return "";
        const std::string range = highest == std::numeric_limits<int64_t>::max()
                                      ? base::Cat("of at least ", lowest)
                                      : base::Cat("from ", lowest, " to ", highest);
        return base::Cat("must be a whole number ", range, ", not \"", text, "\"");
      },
      "");
}

CLI::Validator OneOf(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](std::string& text) -> std::string {
        if (std::find(words.begin(), words.end(), text) != words.end()) return "";
        return base::Cat("must be ", absl::StrJoin(words, " or "), ", not \"", text, "\"");
      },
      "");
}

CLI::Option* AddList(CLI::App* command, const char* name, std::vector<std::string>* list,
                     const char* help) {
  return command->add_option(name, *list, help)
      ->option_text("A,B,...")
      ->delimiter(',')
      ->allow_extra_args(false);
}

absl::Status ParseLabels(const std::vector<std::string>& texts,
                         google::protobuf::Map<std::string, std::string>* labels) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          base::Cat("--label: \"", text, "\" is not of the form name=value"));
    }
    const auto inserted = labels->insert({text.substr(0, equals), text.substr(equals + 1)});
    if (!inserted.second) {
      return absl::InvalidArgumentError(
          base::Cat("--label: \"", text.substr(0, equals), "\" is given twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::cli
