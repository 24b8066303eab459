// A terminal that is drawn anew again and again, until somebody presses q or Ctrl-C. Nothing but
// the sequences that every terminal knows; what was changed of the terminal is put back at the end.
//
// One thread, one at a time.
#pragma once

#include <termios.h>

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "controlplane/cli/interruption.h"
#include "controlplane/cli/terminal.h"

namespace sluice::cli {

class Screen {
 public:
  explicit Screen(const Terminal& terminal);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // DataLoss if nobody takes it.
  absl::Status Draw(std::string_view text);
  // Until it is time to draw again. False: that is enough.
  bool Wait(absl::Duration time);
  // Lines that fit, at least 10; 24 where the terminal does not say.
  int height() const;

 private:
  bool WaitForKeys(absl::Duration time);

  const Terminal& terminal_;
  const Interruption interruption_;
  bool takes_keys_ = false;  // the input is a terminal
  termios before_{};         // then
};

}  // namespace sluice::cli
