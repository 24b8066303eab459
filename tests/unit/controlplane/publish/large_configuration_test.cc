// Configurations so large that their image is not encoded anew for each revision: a node never gets
// one that is older than what it serves, nor one from which no delta takes it on.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/unit/controlplane/publish/fake_fleet.h"

namespace sluice::publish {
namespace {

class LargeConfigurationTest : public PublishFixture {
 protected:
  LargeConfigurationTest() { AddKeys("first", 1500); }

  // One revision; more than a megabyte.
  void AddKeys(const std::string& prefix, int count) {
    config::v1::ClientKey key;
    key.set_note(std::string(1000, 'n'));
    auto change = store_->Begin(store::TestInfo());
    for (int i = 0; i < count; ++i) {
      key.set_id(prefix + std::to_string(i));
      key.set_name(prefix + std::to_string(i));
      EXPECT_TRUE((*change)->Put(store::RowOf(key, std::string(32, 'd'))).ok());
    }
    EXPECT_TRUE((*change)->Commit("many").ok());
    change->reset();
    EXPECT_TRUE(publisher_.Refresh().ok());
    hub_.RingAll();
  }
  // Of the image that a node in that state is sent; -1: it is sent a delta.
  int64_t ImageFor(std::optional<int64_t> has, bool deltas, int64_t served = 0) {
    const auto update = publisher_.UpdateFrom(has, deltas, Part::kNewest, served);
    EXPECT_TRUE(update.ok()) << update.status();
    return update->image == nullptr ? -1 : update->image->head()->revision;
  }
};

TEST_F(LargeConfigurationTest, AnOlderImageIsForNodesThatADeltaTakesOnFromThere) {
  ASSERT_EQ(ImageFor(std::nullopt, true), 1);
  Write("a");
  Write("b");
  EXPECT_EQ(ImageFor(std::nullopt, true), 1) << "not encoded anew";
  EXPECT_EQ(ImageFor(1, true), -1);
  EXPECT_EQ(ImageFor(std::nullopt, true, 2), 3) << "the node would refuse an earlier revision";
  Write("c");
  EXPECT_EQ(ImageFor(std::nullopt, true, 3), 3);
  EXPECT_EQ(ImageFor(1, false), 4) << "no delta will follow";
}

TEST_F(LargeConfigurationTest, AChangeThatIsTooLargeForADeltaComesAsTheNewestImage) {
  ASSERT_EQ(ImageFor(std::nullopt, true), 1);
  Write("a");
  AddKeys("second", 1500);
  EXPECT_EQ(ImageFor(2, true), 3) << "an image of revision 1 is older than what the node has";
}

TEST_F(LargeConfigurationTest, AfterAResyncTheImageIsNotOlderThanWhatTheNodeServes) {
  ASSERT_EQ(ImageFor(std::nullopt, true), 1);
  FakeNode node(hub_, "n1");
  node.Hello(*publisher_.Current());
  node.Taken();
  Write("a");
  node.TakenAndAcked();
  Write("b");
  node.Taken();
  node.Resync(3);
  ASSERT_TRUE(node.outlet.messages.back().has_snapshot());
  EXPECT_GE(node.last().revision(), 2);
}

}  // namespace
}  // namespace sluice::publish
