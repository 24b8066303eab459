#include "tests/integration/shared/shared_stack.h"

namespace sluice::test {

void SharedStackTest::Start(const StackOptions& options) {
  auto stack = Stack::Start(options);
  ASSERT_TRUE(stack.ok()) << stack.status();
  auto key = (*stack)->AddClientKey("test");
  ASSERT_TRUE(key.ok()) << key.status();
  stack_ = *std::move(stack);
  key_ = *key;
  alarms_seen_ = 0;
}

// What a program reports only when it ends, such as a leak, belongs to the suite.
void SharedStackTest::TearDownTestSuite() {
  if (stack_ == nullptr) return;
  for (size_t i = 0; i < stack_->dataplanes(); ++i) EXPECT_EQ(stack_->dataplane(i).Stop(), 0);
  EXPECT_EQ(stack_->controlplane().Stop(), 0);
  const auto alarms = stack_->AlarmingLines();
  for (size_t i = alarms_seen_; i < alarms.size(); ++i) {
    ADD_FAILURE() << "a program reported: " << alarms[i];
  }
  stack_.reset();
}

void SharedStackTest::TearDown() {
  if (stack_ == nullptr) return;
  const auto alarms = stack_->AlarmingLines();
  for (; alarms_seen_ < alarms.size(); ++alarms_seen_) {
    ADD_FAILURE() << "a program reported: " << alarms[alarms_seen_];
  }
}

}  // namespace sluice::test
