#include "dataplane/upstream/request_body.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sluice::upstream {
namespace {

TEST(RequestBody, SaysFullAtTheHighMarkAndDrainedOnceAtTheLow) {
  base::Level level;
  RequestBody body(level);
  body.Start(10, 4);
  EXPECT_EQ(body.Append("123456789"), http::Flow::kMore);
  EXPECT_FALSE(body.TakeDrained());
  EXPECT_EQ(body.Append("0"), http::Flow::kFull);
  EXPECT_EQ(body.view(), "1234567890");
  body.Drop(5);
  EXPECT_FALSE(body.TakeDrained());
  body.Drop(1);
  EXPECT_EQ(body.view(), "7890");
  EXPECT_TRUE(body.TakeDrained());
  EXPECT_FALSE(body.TakeDrained());
}

TEST(RequestBody, GivesTheBytesBackInOrder) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  base::Level level;
  RequestBody body(level);
  body.Start(1 << 20, 1 << 10);
  std::string in;
  std::string out;
  const auto take = [&](size_t most) {
    const std::string_view piece = body.view().substr(0, most);
    out.append(piece);
    body.Drop(piece.size());
  };
  for (int i = 0; i < 2000; ++i) {
    std::string more(random() % 600, static_cast<char>('a' + i % 26));
    in += more;
    body.Append(more);
    take(random() % 700);
  }
  take(SIZE_MAX);
  EXPECT_EQ(in, out);
  EXPECT_EQ(level.now(), 0);
}

TEST(RequestBody, ShowsWhatWaitsOfAllBodies) {
  base::Level level;
  RequestBody one(level);
  one.Append("123456");
  {
    RequestBody other(level);
    other.Append("1234");
    EXPECT_EQ(level.now(), 10);
    one.Drop(4);
    EXPECT_EQ(level.now(), 6);
  }
  EXPECT_EQ(level.now(), 2);
  one.Clear();
  EXPECT_EQ(level.now(), 0);
  EXPECT_EQ(level.highest(), 10);
}

TEST(RequestBody, IsEmptyAfterClear) {
  base::Level level;
  RequestBody body(level);
  body.Start(4, 1);
  body.Append("abcdef");
  body.End();
  body.Clear();
  body.Start(4, 1);
  EXPECT_TRUE(body.empty());
  EXPECT_FALSE(body.ended());
  EXPECT_FALSE(body.TakeDrained());
}

}  // namespace
}  // namespace sluice::upstream
