#include "tests/integration/stack_test.h"

#include <algorithm>

namespace sluice::test {
void StackTest::SetUp() {
  auto stack = Stack::Start(Options());
  ASSERT_TRUE(stack.ok()) << stack.status();
  stack_ = *std::move(stack);
  auto added = stack_->AddProvider("demo", "openai", stack_->emulator().url() + "/v1");
  ASSERT_TRUE(added.ok()) << added;
  auto key = stack_->AddClientKey("test");
  ASSERT_TRUE(key.ok()) << key.status();
  key_ = *key;
}

void StackTest::TearDown() {
  if (!stack_) return;
  for (const std::string& line : stack_->AlarmingLines()) {
    bool announced =
        std::any_of(announced_.begin(), announced_.end(),
                    [&](const std::string& text) { return line.find(text) != std::string::npos; });
    if (!announced) ADD_FAILURE() << "nobody announced this line: " << line;
  }
}

absl::StatusOr<HttpAnswer> StackTest::Ask(std::string_view method, const std::string& target,
                                          std::string_view body, std::vector<std::string> headers) {
  headers.push_back(Stack::Bearer(key_));
  return Fetch(stack_->port(), method, target, headers, body);
}

int StackTest::Status(const std::string& target) {
  auto answer = Ask("GET", target);
  return answer.ok() ? answer->status : 0;
}

std::string StackTest::HeadText(std::string_view method, const std::string& target,
                                const std::vector<std::string>& headers) const {
  std::string text = std::string(method) + " " + target + " HTTP/1.1\r\nHost: test\r\n" +
                     Stack::Bearer(key_) + "\r\n";
  for (const std::string& header : headers) text += header + "\r\n";
  return text + "\r\n";
}

}  // namespace sluice::test
