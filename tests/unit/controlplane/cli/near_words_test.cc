#include "controlplane/cli/near_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kKnown = {"provider", "provider-key", "key", "settings", "status"};

TEST(NearWordsTest, FindsTypingErrorsClosestFirst) {
  EXPECT_THAT(NearWords("provder", kKnown), ElementsAre("provider"));
  EXPECT_THAT(NearWords("kye", kKnown), IsEmpty());
  EXPECT_THAT(NearWords("kex", kKnown), ElementsAre("key"));
  EXPECT_THAT(NearWords("STATUS", kKnown), ElementsAre("status"));
}

TEST(NearWordsTest, FindsBeginnings) {
  EXPECT_THAT(NearWords("prov", kKnown), ElementsAre("provider", "provider-key"));
}

TEST(NearWordsTest, SaysNothingWhereNothingIsNear) {
  EXPECT_THAT(NearWords("rollback", kKnown), IsEmpty());
  EXPECT_THAT(NearWords(std::string(1000, 'a'), kKnown), IsEmpty());
  EXPECT_EQ(DidYouMean("rollback", kKnown), "");
  EXPECT_EQ(DidYouMean("setings", kKnown), "; did you mean \"settings\"?");
}

}  // namespace
}  // namespace sluice::cli
