// References of provider keys, through the checker that everybody uses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/wire/config_check.h"

namespace sluice::wire {
namespace {

using config::v1::SecretReference;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Check(const SecretReference& reference) {
  config::v1::ProviderKey key;
  key.set_id("pk_1");
  key.set_provider("a");
  key.set_name("main");
  *key.mutable_reference() = reference;
  return std::string(ToStatus(CheckProviderKey(key)).message());
}

SecretReference Env(const std::string& name) {
  SecretReference reference;
  reference.set_env(name);
  return reference;
}
SecretReference File(const std::string& path) {
  SecretReference reference;
  reference.set_file(path);
  return reference;
}
SecretReference Exec(const std::vector<std::string>& argv) {
  SecretReference reference;
  reference.mutable_exec();
  for (const std::string& word : argv) reference.mutable_exec()->add_argv(word);
  return reference;
}

TEST(ReferenceCheckTest, GoodOnesPass) {
  EXPECT_EQ(Check(Env("OPENAI_API_KEY")), "");
  EXPECT_EQ(Check(Env("_x1")), "");
  EXPECT_EQ(Check(File("/run/keys/openai")), "");
  EXPECT_EQ(Check(Exec({"/usr/bin/vault", "read", ""})), "");
  EXPECT_EQ(Check(Exec(std::vector<std::string>(64, "/x"))), "");
}

TEST(ReferenceCheckTest, BadOnesAreNamedAndNotShown) {
  EXPECT_THAT(Check(SecretReference()), HasSubstr("leads nowhere"));
  for (const char* name : {"", "1X", "sk-canary", "A B", "A="}) {
    EXPECT_THAT(Check(Env(name)), HasSubstr("reference.env is not the name")) << name;
    EXPECT_THAT(Check(Env(name)), Not(HasSubstr("canary")));
  }
  EXPECT_THAT(Check(Env(std::string(256, 'A'))), HasSubstr("reference.env"));
  for (const std::string& path : {std::string(), std::string("sk-canary"), std::string("./x"),
                                  "/" + std::string(4096, 'x'), std::string("/x\0y", 4)}) {
    EXPECT_THAT(Check(File(path)), HasSubstr("reference.file is not an absolute path"));
    EXPECT_THAT(Check(File(path)), Not(HasSubstr("canary")));
  }
  EXPECT_THAT(Check(Exec({})), HasSubstr("does not begin with the absolute path"));
  EXPECT_THAT(Check(Exec({"vault"})), HasSubstr("does not begin with the absolute path"));
  EXPECT_THAT(Check(Exec(std::vector<std::string>(65, "/x"))), HasSubstr("65 words"));
  EXPECT_THAT(Check(Exec({"/x", std::string("a\0b", 3)})), HasSubstr("with a NUL"));
}

TEST(ReferenceCheckTest, AGenerationCountsUp) {
  config::v1::ProviderKey key;
  key.set_id("pk_1");
  key.set_provider("a");
  key.set_name("main");
  key.set_generation(7);
  EXPECT_TRUE(CheckProviderKey(key).empty());
  key.set_generation(-1);
  EXPECT_EQ(CheckProviderKey(key).size(), 1u);
}

}  // namespace
}  // namespace sluice::wire
