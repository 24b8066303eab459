// A client of a data plane that keeps its connection. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/support/deadline.h"
#include "tests/support/raw_socket.h"

namespace sluice::bench {

class Probe {
 public:
  // `patience`: for one answer.
  Probe(uint16_t port, const std::string& key,
        std::chrono::milliseconds patience = test::kPatience);

  // The status of a small request that goes all the way to the provider; 0 if there was no whole
  // answer, and then `error` says why. A connection that its last answer announced to end is made
  // anew.
  int Ask();
  const std::string& error() const { return error_; }
  void UseKey(const std::string& key);

 private:
  int Fail(const std::string& why);

  const uint16_t port_;
  const std::chrono::milliseconds patience_;
  std::string request_;
  std::optional<test::RawSocket> socket_;
  std::string error_;
};

}  // namespace sluice::bench
