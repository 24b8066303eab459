#include "tests/integration/shared/shared_stack.h"

#include <sstream>

namespace sluice::test {
namespace {

std::vector<std::string> AlarmingLines(const std::string& logs) {
  std::vector<std::string> alarming;
  std::istringstream lines(logs);
  for (std::string line; std::getline(lines, line);) {
    for (const char* mark :
         {" error sluice-", " critical sluice-", "Sanitizer", "runtime error:"}) {
      if (line.find(mark) == std::string::npos) continue;
      alarming.push_back(line);
      break;
    }
  }
  return alarming;
}

}  // namespace

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
  const auto alarms = AlarmingLines(stack_->logs());
  for (size_t i = alarms_seen_; i < alarms.size(); ++i) {
    ADD_FAILURE() << "a program reported: " << alarms[i];
  }
  stack_.reset();
}

void SharedStackTest::TearDown() {
  if (stack_ == nullptr) return;
  const auto alarms = AlarmingLines(stack_->logs());
  for (; alarms_seen_ < alarms.size(); ++alarms_seen_) {
    ADD_FAILURE() << "a program reported: " << alarms[alarms_seen_];
  }
}

}  // namespace sluice::test
