#include "tests/support/deadline.h"

#include <algorithm>
#include <thread>

namespace sluice::test {

int Deadline::LeftMs() const {
  const auto left = end_ - std::chrono::steady_clock::now();
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::max<int64_t>(0, ms));
}

bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const Deadline deadline(patience);
  for (;;) {
    if (condition()) return true;
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace sluice::test
