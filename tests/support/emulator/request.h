// One request as the emulator has understood it. Belongs to its connection; its body facts are
// filled in while it arrives.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/emulator/auth.h"
#include "tests/support/emulator/controls.h"
#include "tests/support/emulator/file_store.h"
#include "tests/support/emulator/message.h"
#include "tests/support/emulator/route.h"

namespace sluice::emulator {

struct Request {
  uint64_t id = 0;
  uint64_t connection = 0;
  RequestHead head;
  Route route;
  AuthVerdict auth;
  Controls controls;
  std::string control_error;  // empty: none

  uint64_t body_bytes = 0;
  std::string body_sha256;
  std::string body;  // the first kBodyKept bytes, decoded
  std::shared_ptr<BodyConsumer> consumer;

  static constexpr size_t kBodyKept = 16 << 20;
  bool body_kept() const { return body.size() == body_bytes; }
  // Whether the answer can depend on the bytes of the body.
  bool wants_body() const {
    return consumer == nullptr && (controls.echo || route.endpoint != Endpoint::kAnything);
  }
};

}  // namespace sluice::emulator
