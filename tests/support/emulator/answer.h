// An answer before it is put on the wire.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/emulator/body_source.h"
#include "tests/support/emulator/controls.h"
#include "tests/support/emulator/message.h"

namespace sluice::emulator {

struct Answer {
  int status = 200;
  std::vector<Field> headers;
  std::unique_ptr<BodySource> body;  // null: none

  // Replaces the first field of that name, or appends.
  void Set(std::string_view name, std::string_view value);
};

Answer TextAnswer(int status, std::string_view type, std::string text);
Answer JsonAnswer(int status, std::string text);
Answer EventAnswer(std::string_view type, EventSource::Event event);
Answer BytesAnswer(std::string_view type, std::shared_ptr<const std::string> bytes);

// What the controls change about an answer that stands: its status, headers, type, body,
// compression.
void ApplyControls(const Controls& controls, const std::string& received_body, Answer& answer);

std::string_view ReasonPhrase(int status);

}  // namespace sluice::emulator
