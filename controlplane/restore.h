// A database put in place of another, from a backup, while no control plane runs on it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/first_start.h"

namespace sluice::controlplane {

struct RestoreOptions {
  std::string file;  // the backup
  // An existing database is kept aside as <database>.replaced-<time> instead of being a reason to
  // refuse.
  bool replace = false;
};

// Checks the backup and that the master key opens it before anything is written. Returns a sentence
// for the operator; so is every error.
absl::StatusOr<std::string> RestoreDatabase(const StorePaths& paths, const RestoreOptions& options,
                                            absl::Time now);

}  // namespace sluice::controlplane
