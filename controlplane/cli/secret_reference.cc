#include "controlplane/cli/secret_reference.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"

namespace sluice::cli {
namespace {

bool IsVariableName(std::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

}  // namespace

void ReferenceOptions::AddTo(CLI::App* app) {
  app->add_option("--ref-env", variable,
                  "The control plane reads the key from this\n"
                  "variable of its own environment")
      ->option_text("VARIABLE");
  app->add_option("--ref-file", file,
                  "The control plane reads the key from this\n"
                  "file, an absolute path on its own machine")
      ->option_text("FILE");
  app->add_option("--ref-exec", command,
                  "The control plane runs this and takes what it\n"
                  "prints; split at spaces, no shell; only programs\n"
                  "of its --allow-secret-program")
      ->option_text("\"PROG ARG...\"");
}

absl::StatusOr<config::v1::SecretReference> ReferenceOptions::Reference(
    const SecretSource& source) const {
  const int references = int{!variable.empty()} + int{!file.empty()} + int{!command.empty()};
  const bool read_here =
      !source.positional.empty() || !source.variable.empty() || !source.file.empty();
  if (references != 1 || read_here) {
    return absl::InvalidArgumentError(
        "say once where the provider key is: one of --ref-env, --ref-file and --ref-exec, or the "
        "key itself");
  }
  config::v1::SecretReference reference;
  if (!variable.empty()) {
    // Not quoted: it may be the key, given by mistake.
    if (!IsVariableName(variable)) {
      return absl::InvalidArgumentError(
          "--ref-env takes the name of an environment variable, not the key itself");
    }
    reference.set_env(variable);
  } else if (!file.empty()) {
    reference.set_file(file);
  } else {
    const std::vector<std::string> words = absl::StrSplit(command, ' ', absl::SkipEmpty());
    for (const std::string& word : words) reference.mutable_exec()->add_argv(word);
  }
  return reference;
}

std::string ReferenceText(const config::v1::SecretReference& reference) {
  switch (reference.from_case()) {
    case config::v1::SecretReference::kEnv:
      return base::Cat("env ", reference.env());
    case config::v1::SecretReference::kFile:
      return base::Cat("file ", reference.file());
    case config::v1::SecretReference::kExec:
      return base::Cat("exec ", absl::StrJoin(reference.exec().argv(), " "));
    case config::v1::SecretReference::FROM_NOT_SET:
      break;
  }
  return "";
}

}  // namespace sluice::cli
