// What one request tells the emulator to do: `emu.NAME=VALUE` in the query, or a header
// `X-Emulator-NAME: VALUE` (dashes for underscores). help_text.cc explains each to people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/support/emulator/message.h"

namespace sluice::emulator {

struct Controls {
  std::string as;  // the preset to answer as; empty: as the path says

  // When.
  uint64_t delay_ms = 0;
  uint64_t first_byte_delay_ms = 0;
  uint64_t pace_ms = 0;
  std::string hold;  // empty: none
  uint64_t hold_after = 0;
  bool early = false;

  // How much of an answer.
  std::optional<uint64_t> events;
  uint64_t event_bytes = 0;
  std::optional<uint64_t> prompt_tokens;
  std::optional<uint64_t> completion_tokens;

  // What instead of the usual answer.
  std::optional<int> status;
  std::string reason;
  std::vector<Field> headers;
  std::optional<std::string> type;
  std::optional<std::string> body;
  std::optional<std::string> raw;
  std::optional<std::string> redirect;
  std::optional<uint64_t> size;
  uint64_t seed = 0;
  bool echo = false;

  // How it is framed.
  uint64_t chunk = 0;  // 0: not asked for
  bool gzip = false;
  bool close_delimited = false;
  bool http10 = false;
  bool no_keepalive = false;
  bool keep = false;
  std::vector<int> informational;
  std::vector<Field> trailers;

  // What breaks.
  std::optional<uint64_t> stall_after;        // events of a stream, else bytes
  std::optional<uint64_t> stall_after_bytes;  // of the body
  std::optional<uint64_t> cut_after;          // likewise
  std::optional<uint64_t> reset_after;        // likewise
  bool reset_before = false;
  std::optional<uint64_t> slow_read;  // bytes a second
  bool no_continue = false;

  bool ReplacesAnswer() const { return status || body || raw || redirect || size || echo; }
};

// InvalidArgument names the control that is unknown or has a bad value.
absl::StatusOr<Controls> ReadControls(const RequestHead& head);

}  // namespace sluice::emulator
