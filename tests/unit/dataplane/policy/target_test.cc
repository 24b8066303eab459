#include "dataplane/policy/target.h"

#include <gtest/gtest.h>

#include <optional>

namespace sluice::policy {
namespace {

struct Row {
  std::string_view raw;
  std::string_view provider;
  std::string_view endpoint;
  std::optional<std::string_view> query;
};

TEST(Target, Rule1_3_IsCutAsItWasSent) {
  for (const Row& row : std::initializer_list<Row>{
           {"/p/openai/chat/completions", "openai", "chat/completions", std::nullopt},
           {"/p/openai/v1%2Fx?a=1?b=/2", "openai", "v1%2Fx", "a=1?b=/2"},
           {"/p/openai//x/", "openai", "/x/", std::nullopt},
           {"/p/openai/x?", "openai", "x", ""},
           {"/p/openai", "openai", "", std::nullopt},
           {"/p/openai?a/b", "openai", "", "a/b"},
           {"/p/open%61i/x", "open%61i", "x", std::nullopt},
           {"/p//x", "", "x", std::nullopt},
           {"/p/", "", "", std::nullopt}}) {
    Decision<Target> split = SplitTarget(row.raw);
    ASSERT_FALSE(Refused(split)) << row.raw;
    const Target& target = std::get<Target>(split);
    EXPECT_EQ(target.provider, row.provider) << row.raw;
    EXPECT_EQ(target.endpoint, row.endpoint) << row.raw;
    EXPECT_EQ(target.has_query, row.query.has_value()) << row.raw;
    EXPECT_EQ(target.query, row.query.value_or("")) << row.raw;
  }
}

TEST(Target, Rule5_AnyOtherPathIsAnUnknownRoute) {
  for (std::string_view raw :
       {"/", "/p", "/p?x=/p/openai/x", "/P/openai/x", "//p/openai/x", "/%70/openai/x",
        "/p%2Fopenai/x", "/v1/chat/completions", "/metrics"}) {
    Decision<Target> split = SplitTarget(raw);
    ASSERT_TRUE(Refused(split)) << raw;
    EXPECT_EQ(Refused(split)->status, 404) << raw;
    EXPECT_EQ(Refused(split)->code, "unknown_route") << raw;
    EXPECT_EQ(Refused(split)->type, http::kTypeNotFound) << raw;
  }
}

TEST(Target, Rule1_6_OtherFormsAreRefused) {
  for (std::string_view raw : {"", "*", "http://a/p/openai/x", "a:443", "p/openai/x", "?x"}) {
    Decision<Target> split = SplitTarget(raw);
    ASSERT_TRUE(Refused(split)) << raw;
    EXPECT_EQ(Refused(split)->status, 400) << raw;
    EXPECT_EQ(Refused(split)->code, "invalid_path") << raw;
  }
}

TEST(Target, Rule1_6_QueryHasNoControlCharacterSpaceOrHash) {
  using namespace std::string_view_literals;
  for (std::string_view query : {""sv, "a=%zz&&b=%00"sv, "a=\\b?c/d"sv, "\xC3\xA9"sv}) {
    EXPECT_TRUE(IsQuery(query)) << query;
  }
  for (std::string_view query : {"a#b"sv, "a b"sv, "a\rb"sv, "\0"sv, "a\x7f"sv}) {
    EXPECT_FALSE(IsQuery(query)) << query;
  }
}

}  // namespace
}  // namespace sluice::policy
