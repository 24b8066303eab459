#include <gtest/gtest.h>

#include "controlplane/store/store.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::store {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(KeyUseTest, KeepsTheLatestAndOnlyOfKeysThatExist) {
  test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  config::v1::ClientKey key;
  key.set_id("a");
  key.set_name("app");
  ASSERT_TRUE(Commit(*store, RowOf(key, std::string(32, 'd'))).ok());
  ASSERT_TRUE(store->NoteKeyUses({{"a", kNow}, {"unknown", kNow}}).ok());
  ASSERT_TRUE(store->NoteKeyUses({{"a", kNow - absl::Seconds(5)}}).ok());
  auto uses = store->KeyUses();
  ASSERT_TRUE(uses.ok()) << uses.status();
  ASSERT_EQ(uses->size(), 1U);
  EXPECT_EQ(uses->at("a"), kNow);
}

}  // namespace
}  // namespace sluice::store
