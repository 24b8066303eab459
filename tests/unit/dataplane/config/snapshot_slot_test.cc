#include "dataplane/config/snapshot_slot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "dataplane/config/snapshot_builder.h"
#include "tests/unit/dataplane/config/sample_configuration.h"

namespace sluice::config {
namespace {

std::shared_ptr<const Snapshot> SnapshotAt(int64_t revision) {
  LiveState live;
  auto built = SnapshotBuilder::Build({}, "e", revision, std::string(32, 'h'), live);
  EXPECT_TRUE(built.ok()) << built.status();
  return *std::move(built);
}

TEST(SnapshotSlot, HasNothingBeforeTheFirstPublication) {
  SnapshotSlot slot;
  SnapshotPin pin(slot);
  EXPECT_EQ(slot.Load(), nullptr);
  EXPECT_EQ(pin.Get(), nullptr);
}

TEST(SnapshotSlot, PinsSeeEachPublicationOnTheNextGet) {
  SnapshotSlot slot;
  SnapshotPin pin(slot);
  slot.Publish(SnapshotAt(1));
  EXPECT_EQ(pin.Get()->revision(), 1);
  EXPECT_EQ(pin.Get().get(), pin.Get().get());
  slot.Publish(SnapshotAt(2));
  EXPECT_EQ(pin.Get()->revision(), 2);
  EXPECT_EQ(slot.Load()->revision(), 2);
}

TEST(SnapshotSlot, ARequestKeepsTheSnapshotItStartedWith) {
  SnapshotSlot slot;
  SnapshotPin pin(slot);
  slot.Publish(SnapshotAt(1));
  const std::shared_ptr<const Snapshot> request = pin.Get();
  slot.Publish(SnapshotAt(2));
  EXPECT_EQ(pin.Get()->revision(), 2);
  EXPECT_EQ(request->revision(), 1);
  EXPECT_EQ(request.use_count(), 1);
}

TEST(SnapshotSlot, LetsGoOfAReplacedSnapshot) {
  SnapshotSlot slot;
  SnapshotPin pin(slot);
  slot.Publish(SnapshotAt(1));
  const std::weak_ptr<const Snapshot> former = pin.Get();
  slot.Publish(SnapshotAt(2));
  EXPECT_FALSE(former.expired()) << "the pin still has it";
  pin.Get();
  EXPECT_TRUE(former.expired());
}

TEST(SnapshotSlot, WorkersSeeRevisionsInOrderAndTheLastOne) {
  constexpr int64_t kLast = 300;
  SnapshotSlot slot;
  std::atomic<bool> ordered{true};
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      SnapshotPin pin(slot);
      int64_t seen = 0;
      while (seen < kLast) {
        const std::shared_ptr<const Snapshot> snapshot = pin.Get();
        if (snapshot == nullptr) continue;
        if (snapshot->revision() < seen) ordered = false;
        seen = snapshot->revision();
      }
    });
  }
  for (int64_t revision = 1; revision <= kLast; ++revision) slot.Publish(SnapshotAt(revision));
  for (std::thread& worker : workers) worker.join();
  EXPECT_TRUE(ordered);
}

}  // namespace
}  // namespace sluice::config
