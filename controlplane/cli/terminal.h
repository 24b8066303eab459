// What a command sees of the process around it, passed in so that tests can stand in for it: where
// it prints, where secrets come from, the environment, the time. Everything outlives the run.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace sluice::cli {

struct Terminal {
  std::ostream* out = nullptr;  // results only, so that they can be piped
  std::ostream* err = nullptr;  // errors, warnings, progress
  int input_fd = 0;             // where `-` reads a secret from
  bool out_is_tty = false;
  bool err_is_tty = false;
  std::function<std::optional<std::string>(const std::string& name)> environment;
  const base::Clock* clock = nullptr;
  // Waits between two looks at something that is watched; false ends the watching.
  std::function<bool(absl::Duration)> pause;
};

}  // namespace sluice::cli
