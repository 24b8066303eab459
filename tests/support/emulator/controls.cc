#include "tests/support/emulator/controls.h"

#include <algorithm>
#include <utility>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

bool Take(std::string_view text, std::optional<uint64_t>& out) {
  out = ParseNumber(text);
  return out.has_value();
}

bool Take(std::string_view text, uint64_t& out) {
  const auto number = ParseNumber(text);
  out = number.value_or(0);
  return number.has_value();
}

bool Take(std::string_view text, bool& out) {
  out = text.empty() || text == "1" || text == "true";
  return out || text == "0" || text == "false";
}

bool Take(std::string_view text, std::string& out) {
  out = text;
  return true;
}

bool Take(std::string_view text, std::optional<std::string>& out) {
  out = std::string(text);
  return true;
}

bool Take(std::string_view text, std::vector<Field>& out) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  out.push_back({std::string(text.substr(0, colon)), std::string(Trim(text.substr(colon + 1)))});
  return true;
}

bool TakeStatus(std::string_view text, int& out) {
  const auto number = ParseNumber(text);
  if (!number || *number < 100 || *number > 999) return false;
  out = static_cast<int>(*number);
  return true;
}

bool TakeBase64(std::string_view text, std::optional<std::string>& out) {
  out = FromBase64(text);
  return out.has_value();
}

bool TakeReset(std::string_view text, Controls& controls) {
  if (text.empty() || text == "before" || text == "1" || text == "true") {
    controls.reset_before = true;
    return true;
  }
  return Take(text, controls.reset_after);
}

bool TakeInformational(std::string_view text, std::vector<int>& out) {
  int status = 0;
  if (!TakeStatus(text, status) || status >= 200) return false;
  out.push_back(status);
  return true;
}

bool TakeFinalStatus(std::string_view text, std::optional<int>& out) {
  int status = 0;
  if (!TakeStatus(text, status)) return false;
  out = status;
  return true;
}

struct Control {
  std::string_view name;
  bool (*take)(std::string_view value, Controls& controls);
};

#define SLUICE_CONTROL(name, member)                                                \
  {                                                                                 \
    name, [](std::string_view value, Controls& c) { return Take(value, c.member); } \
  }

constexpr Control kControls[] = {
    SLUICE_CONTROL("as", as),
    SLUICE_CONTROL("delay_ms", delay_ms),
    SLUICE_CONTROL("first_byte_delay", first_byte_delay_ms),
    SLUICE_CONTROL("first_byte_delay_ms", first_byte_delay_ms),
    SLUICE_CONTROL("pace_ms", pace_ms),
    SLUICE_CONTROL("hold", hold),
    SLUICE_CONTROL("hold_after", hold_after),
    SLUICE_CONTROL("early", early),
    SLUICE_CONTROL("events", events),
    SLUICE_CONTROL("event_bytes", event_bytes),
    SLUICE_CONTROL("prompt_tokens", prompt_tokens),
    SLUICE_CONTROL("completion_tokens", completion_tokens),
    SLUICE_CONTROL("reason", reason),
    SLUICE_CONTROL("header", headers),
    SLUICE_CONTROL("type", type),
    SLUICE_CONTROL("body", body),
    SLUICE_CONTROL("redirect", redirect),
    SLUICE_CONTROL("size", size),
    SLUICE_CONTROL("seed", seed),
    SLUICE_CONTROL("echo", echo),
    SLUICE_CONTROL("chunk", chunk),
    SLUICE_CONTROL("gzip", gzip),
    SLUICE_CONTROL("close_delimited", close_delimited),
    SLUICE_CONTROL("http10", http10),
    SLUICE_CONTROL("no_keepalive", no_keepalive),
    SLUICE_CONTROL("keep", keep),
    SLUICE_CONTROL("trailer", trailers),
    SLUICE_CONTROL("stall_after", stall_after),
    SLUICE_CONTROL("stall_after_bytes", stall_after_bytes),
    SLUICE_CONTROL("cut_after", cut_after),
    SLUICE_CONTROL("slow_read", slow_read),
    SLUICE_CONTROL("no_continue", no_continue),
    {"status", [](std::string_view v, Controls& c) { return TakeFinalStatus(v, c.status); }},
    {"informational",
     [](std::string_view v, Controls& c) { return TakeInformational(v, c.informational); }},
    {"raw", [](std::string_view v, Controls& c) { return TakeBase64(v, c.raw); }},
    {"body_base64", [](std::string_view v, Controls& c) { return TakeBase64(v, c.body); }},
    {"reset", TakeReset},
};
#undef SLUICE_CONTROL

absl::Status TakeControl(std::string_view name, std::string_view value, Controls& controls) {
  for (const Control& control : kControls) {
    if (control.name != name) continue;
    if (control.take(value, controls)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        Cat("emulator control \"", name, "\" cannot be \"", value, "\""));
  }
  return absl::InvalidArgumentError(
      Cat("there is no emulator control \"", name, "\"; sluice-emulator --help lists them"));
}

}  // namespace

absl::StatusOr<Controls> ReadControls(const RequestHead& head) {
  constexpr std::string_view kHeaderPrefix = "X-Emulator-";
  Controls controls;
  for (const Field& field : head.fields) {
    if (!SameName(std::string_view(field.name).substr(0, kHeaderPrefix.size()), kHeaderPrefix)) {
      continue;
    }
    std::string name = LowerCase(field.name.substr(kHeaderPrefix.size()));
    std::replace(name.begin(), name.end(), '-', '_');
    if (auto status = TakeControl(name, PercentDecode(field.value), controls); !status.ok())
      return status;
  }
  if (!Contains(head.target, "emu.")) return controls;
  for (const Field& parameter : QueryParameters(head.target)) {
    if (!parameter.name.starts_with("emu.")) continue;
    const std::string_view name = std::string_view(parameter.name).substr(4);
    if (auto status = TakeControl(name, parameter.value, controls); !status.ok()) return status;
  }
  return controls;
}

}  // namespace sluice::emulator
