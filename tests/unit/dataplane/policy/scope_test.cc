#include "dataplane/policy/scope.h"

#include <gtest/gtest.h>

#include "dataplane/policy/glob.h"

namespace sluice::policy {
namespace {

struct GlobRow {
  std::string_view glob;
  std::string_view text;
  bool matches;
};

TEST(GlobTest, Table) {
  const GlobRow rows[] = {
      {"chat/completions", "chat/completions", true},
      {"chat/completions", "chat/completions/", false},
      {"chat/completions", "chat/completion", false},
      {"chat/*", "chat/completions", true},
      {"chat/*", "chat/", true},
      {"chat/*", "chat", false},
      {"chat/*", "chat/a/b", false},
      {"chat/**", "chat/a/b", true},
      {"chat/**", "chat/", true},
      {"**", "", true},
      {"**", "anything/at/all", true},
      {"*", "", true},
      {"*", "a/b", false},
      {"**/messages", "a/b/messages", true},
      {"**/messages", "messages", false},
      {"models/*:generate*", "models/gemini-2.5:generateContent", true},
      {"models/*:generate*", "models/x:countTokens", false},
      {"v?/x", "v1/x", true},
      {"v?/x", "v//x", false},
      {"v?/x", "v/x", false},
      {"a*b*c", "axxbyyc", true},
      {"a*b*c", "axxbyy", false},
      {"*a", "aaa", true},
      {"a***b", "a/x/b", true},
      {"files.*", "files.list", true},
      {"files.*", "filesXlist", false},
  };
  for (const GlobRow& row : rows) {
    EXPECT_EQ(GlobMatches(row.glob, row.text), row.matches) << row.glob << " on " << row.text;
  }
}

TEST(GlobTest, AWorstCaseEnds) {
  std::string glob;
  for (int i = 0; i < 60; ++i) glob += "*a";
  EXPECT_FALSE(GlobMatches(glob + "b", std::string(8192, 'a')));
}

using Globs = std::vector<std::string>;

config::ClientKeyEntry KeyWith(Globs config::ClientKeyTerms::*rule, Globs globs) {
  auto terms = std::make_shared<config::ClientKeyTerms>();
  (*terms).*rule = std::move(globs);
  config::ClientKeyEntry key;
  key.terms = std::move(terms);
  return key;
}

TEST(ScopeTest, AKeyWithoutTermsMayEverything) {
  const config::ClientKeyEntry key;
  EXPECT_TRUE(MayUseMethod(key, "DELETE"));
  EXPECT_TRUE(MayUseEndpoint(key, "anything"));
  EXPECT_TRUE(MayUseModel(key, "gpt-5"));
  EXPECT_FALSE(HasModelRule(key));
}

TEST(ScopeTest, MethodsAreExact) {
  const auto key = KeyWith(&config::ClientKeyTerms::methods, {"GET", "POST"});
  EXPECT_TRUE(MayUseMethod(key, "POST"));
  EXPECT_FALSE(MayUseMethod(key, "PUT"));
  EXPECT_TRUE(MayUseEndpoint(key, "x"));
}

TEST(ScopeTest, ASpelledSlashEndsASegmentToo) {
  const auto key = KeyWith(&config::ClientKeyTerms::endpoints, {"models/*", "chat/completions"});
  EXPECT_TRUE(MayUseEndpoint(key, "models/gpt-5"));
  EXPECT_FALSE(MayUseEndpoint(key, "models/gpt-5/files"));
  EXPECT_FALSE(MayUseEndpoint(key, "models/gpt-5%2Ffiles"));
  EXPECT_FALSE(MayUseEndpoint(key, "models/gpt-5%2ffiles"));
  EXPECT_TRUE(MayUseEndpoint(key, "models/gpt%205"));
  EXPECT_TRUE(MayUseEndpoint(key, "chat%2Fcompletions"));
  EXPECT_FALSE(MayUseEndpoint(key, "%63hat/completions"));
}

TEST(ScopeTest, InAModelASlashIsAByteAsAnyOther) {
  const auto key = KeyWith(&config::ClientKeyTerms::models, {"openai/*", "gpt-5*"});
  EXPECT_TRUE(HasModelRule(key));
  EXPECT_TRUE(MayUseModel(key, "openai/gpt-5/mini"));
  EXPECT_TRUE(MayUseModel(key, "gpt-5-mini"));
  EXPECT_FALSE(MayUseModel(key, "GPT-5"));
  EXPECT_FALSE(MayUseModel(key, "anthropic/claude"));
  EXPECT_FALSE(MayUseModel(key, ""));
}

}  // namespace
}  // namespace sluice::policy
