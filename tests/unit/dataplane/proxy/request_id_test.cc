#include "dataplane/proxy/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sluice::proxy {
namespace {

TEST(RequestIds, AreUniqueWithinAndAcrossWorkers) {
  RequestIds one;
  RequestIds other;
  std::set<std::string> seen;
  for (int i = 0; i < 5000; ++i) {
    EXPECT_TRUE(seen.insert(one.Next()).second);
    EXPECT_TRUE(seen.insert(other.Next()).second);
  }
}

TEST(RequestIds, HaveOneShape) {
  RequestIds ids;
  for (int i = 0; i < 100; ++i) {
    std::string id = ids.Next();
    EXPECT_EQ(id.size(), 30u);
    EXPECT_TRUE(id.starts_with("req_"));
    EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567", 4), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::proxy
