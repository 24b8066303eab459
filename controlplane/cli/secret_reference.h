// The options by which a provider key is read by the control plane itself, from its own machine,
// instead of being given.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controlplane/cli/secret_input.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::cli {

struct ReferenceOptions {
  std::string variable;
  std::string file;
  std::string command;

  void AddTo(CLI::App* app);
  bool given() const { return !variable.empty() || !file.empty() || !command.empty(); }
  // InvalidArgument unless exactly one is given, and nothing in `source`.
  absl::StatusOr<config::v1::SecretReference> Reference(const SecretSource& source) const;
};

// "env NAME", "file PATH" or "exec PROG ARG..."; "" for none.
std::string ReferenceText(const config::v1::SecretReference& reference);

}  // namespace sluice::cli
