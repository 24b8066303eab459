#include "common/base/secret.h"

#include <gtest/gtest.h>

#include <ostream>
#include <type_traits>
#include <utility>

namespace sluice::base {
namespace {

template <typename Value, typename = void>
struct IsPrintable : std::false_type {};
template <typename Value>
struct IsPrintable<
    Value, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<const Value&>())>>
    : std::true_type {};

static_assert(IsPrintable<std::string>::value, "the probe itself works");
static_assert(!IsPrintable<Secret>::value);
static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);

// Short enough to stand inside the string object, and too long for it.
const std::string kValues[] = {"short", std::string(100, 'x')};

TEST(Secret, MovesAndLeavesNothingBehind) {
  for (const std::string& value : kValues) {
    Secret source{std::string_view(value)};
    const Secret target(std::move(source));
    EXPECT_EQ(target.Reveal(), value);
    EXPECT_TRUE(
        source.empty());  // NOLINT(bugprone-use-after-move): what a move leaves is the point
    const char* bytes = reinterpret_cast<const char*>(&source);
    EXPECT_EQ(std::string_view(bytes, sizeof(source)).find(value.substr(1, 4)),
              std::string_view::npos);
  }
}

TEST(Secret, MoveAssignmentReplacesTheOldValue) {
  for (const std::string& value : kValues) {
    Secret target(std::string_view("before"));
    Secret source{std::string_view(value)};
    target = std::move(source);
    EXPECT_EQ(target.Reveal(), value);
    EXPECT_TRUE(
        source.empty());  // NOLINT(bugprone-use-after-move): what a move leaves is the point
  }
}

TEST(Secret, CloneIsAnotherObject) {
  const Secret secret(std::string_view("value"));
  Secret clone = secret.Clone();
  clone = Secret(std::string_view("other"));
  EXPECT_EQ(secret.Reveal(), "value");
}

TEST(Secret, EqualsComparesTheWhole) {
  const Secret secret(std::string_view("abc"));
  EXPECT_TRUE(secret.Equals("abc"));
  EXPECT_FALSE(secret.Equals("abd"));
  EXPECT_FALSE(secret.Equals("xbc"));
  EXPECT_FALSE(secret.Equals("ab"));
  EXPECT_FALSE(secret.Equals("abcd"));
  EXPECT_FALSE(secret.Equals(""));
  EXPECT_TRUE(Secret().Equals(""));
}

TEST(Wipe, OverwritesEveryByte) {
  char bytes[] = "secret";
  Wipe(bytes, sizeof(bytes));
  for (const char byte : bytes) EXPECT_EQ(byte, 0);
  Wipe(nullptr, 0);
}

}  // namespace
}  // namespace sluice::base
