// One running stack for all tests of a suite, for tests that change nothing which others rely on.
// Starting one takes seconds; a request takes a millisecond.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/stack/stack.h"

namespace sluice::test {

class SharedStackTest : public ::testing::Test {
 protected:
  // A stack without providers, and one client key. A suite that wants more calls this first.
  static void SetUpTestSuite() { Start({}); }
  static void TearDownTestSuite();
  static void Start(const StackOptions& options);

  // The suite could not start: its tests fail at once.
  void SetUp() override { ASSERT_NE(stack_, nullptr) << "there is no stack"; }
  // An error in a log, or a sanitizer's report, fails the test in which it appeared.
  void TearDown() override;

  static Stack& stack() { return *stack_; }
  static EmulatorProcess& emulator() { return stack_->emulator(); }
  static const std::string& key() { return key_; }

 private:
  inline static std::unique_ptr<Stack> stack_;
  inline static std::string key_;
  inline static size_t alarms_seen_ = 0;
};

}  // namespace sluice::test
