#include "common/wire/canonical.h"

#include <gtest/gtest.h>

#include <string>

#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {
namespace {

config::v1::Provider WithLabels(const std::string& order) {
  config::v1::Provider provider;
  provider.set_name("x");
  for (const char label : order) (*provider.mutable_labels())[std::string(1, label)] = "v";
  return provider;
}

TEST(Canonical, GivesOneByteStringForOneMessage) {
  const std::string bytes = SerializeCanonical(WithLabels("abcdefgh"));
  EXPECT_EQ(bytes, SerializeCanonical(WithLabels("hgfedcba")));
  EXPECT_NE(bytes, SerializeCanonical(WithLabels("abcdefg")));
  config::v1::Provider parsed;
  ASSERT_TRUE(parsed.ParseFromString(bytes));
  EXPECT_EQ(SerializeCanonical(parsed), bytes);
}

TEST(Canonical, KeepsOrderThatMeansSomething) {
  config::v1::Provider provider;
  for (const std::string prefix : {"z/", "b/"}) provider.add_roots()->set_prefix(prefix);
  config::v1::Provider parsed;
  ASSERT_TRUE(parsed.ParseFromString(SerializeCanonical(provider)));
  EXPECT_EQ(parsed.roots(0).prefix(), "z/");
}

}  // namespace
}  // namespace sluice::wire
