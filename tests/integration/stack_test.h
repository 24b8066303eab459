// What the integration tests begin with: a running stack with one provider, `demo`, and one client
// key.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/http_reader.h"
#include "tests/support/raw_socket.h"
#include "tests/support/stack/stack.h"

namespace sluice::test {

// In the environment of servers whose memory is measured: a sanitizer that holds back what was
// freed would hide what the process really keeps.
inline constexpr char kHoldNothingBack[] =
    "ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=1:thread_local_quarantine_size_kb=16";

class StackTest : public ::testing::Test {
 protected:
  void SetUp() override;
  // An error in a log that no test announced, or a sanitizer's report, fails the test.
  void TearDown() override;

  // For what a test wants different, before the stack starts.
  virtual StackOptions Options() { return {}; }
  // Error-level lines that contain `text` are part of what is tested.
  void AnnounceError(std::string text) { announced_.push_back(std::move(text)); }

  // A request on a connection of its own with the client key.
  absl::StatusOr<HttpAnswer> Ask(std::string_view method, const std::string& target,
                                 std::string_view body = {}, std::vector<std::string> headers = {});
  // The status of a small request; 0 if there was no answer.
  int Status(const std::string& target = "/p/demo/models");
  // The head of a request with a body to follow.
  std::string HeadText(std::string_view method, const std::string& target,
                       const std::vector<std::string>& headers = {}) const;

  std::unique_ptr<Stack> stack_;
  std::string key_;

 private:
  std::vector<std::string> announced_;
};

}  // namespace sluice::test
