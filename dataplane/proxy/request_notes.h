// What an exchange notes of its request on the way, for the record that is made of it in the end.
// One worker; owned by its exchange.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/http/gateway_error.h"
#include "dataplane/http/message.h"
#include "dataplane/meter/usage.h"
#include "dataplane/observe/request_record.h"

namespace sluice::proxy {

class RequestNotes {
 public:
  observe::RequestOutcome& outcome() { return outcome_; }

  void Admitted() { admitted_ = SinceBegin(); }
  // The head as the provider sent it.
  void Answered(const http::ResponseHead& head);
  // The gateway answers itself, or cuts what is under way. Of several, the first.
  void Refused(const http::GatewayError& error) {
    if (reason_.empty()) reason_ = error.code;
  }

  // All that is known here. `endpoint`: normalised; empty if there is none. `body_model`: what the
  // request's body names; empty: nothing that was found.
  observe::RequestRecord Ended(const meter::Usage& usage, std::string_view endpoint,
                               std::string_view body_model = {}) const;

 private:
  int64_t SinceBegin() const;

  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::optional<int64_t> admitted_;
  std::optional<int64_t> first_byte_;
  std::string_view reason_;
  std::string upstream_request_id_;
  observe::RequestOutcome outcome_;
};

// The model that a request asks for, by its path, else by its body, as it may be logged: bounded,
// printable, and without what looks like a key. Empty: not known.
std::string RequestedModel(std::string_view endpoint, std::string_view body_model);

// A request target as it may be logged: without its query, and without what looks like a key.
std::string LoggedPath(std::string_view target);

}  // namespace sluice::proxy
