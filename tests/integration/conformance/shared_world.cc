#include "tests/integration/conformance/shared_world.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace sluice::test {
namespace {

std::unique_ptr<World>& Slot() {
  static std::unique_ptr<World> world;
  return world;
}

class WorldEnvironment : public ::testing::Environment {
 public:
  void SetUp() override {
    auto world = World::Make();
    ASSERT_TRUE(world.ok()) << world.status();
    Slot() = *std::move(world);
  }

  void TearDown() override {
    if (Slot() == nullptr) return;
    for (const std::string& violation : Slot()->provider().TakeViolations()) {
      ADD_FAILURE() << "the provider was sent " << violation;
    }
    Slot()->stack().dataplane().Stop();
    for (const std::string& alarm : Slot()->TakeAlarms("")) {
      ADD_FAILURE() << "nobody announced this line: " << alarm;
    }
    Slot().reset();
  }
};

const ::testing::Environment* const kEnvironment =
    ::testing::AddGlobalTestEnvironment(new WorldEnvironment);

}  // namespace

World* SharedWorld() { return kEnvironment == nullptr ? nullptr : Slot().get(); }

}  // namespace sluice::test
