#include "dataplane/link/join_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/file.h"
#include "common/crypto/key_text.h"
#include "tests/support/temp_folder.h"

namespace sluice::link {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class JoinTokenTest : public ::testing::Test {
 protected:
  absl::StatusOr<base::Secret> ReadFrom(const std::string& content) {
    EXPECT_TRUE(base::WriteFileAtomically(path_, content).ok());
    return ReadJoinToken(path_);
  }
  test::TempFolder folder_;
  const std::string path_ = folder_.File("join.token");
};

TEST_F(JoinTokenTest, IgnoresWhiteSpaceAround) {
  const crypto::NewKey token = crypto::MintKey(crypto::kJoinTokenPrefix);
  const auto read = ReadFrom(" " + std::string(token.text.Reveal()) + "\r\n");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Reveal(), token.text.Reveal());
}

TEST_F(JoinTokenTest, NamesAMissingFile) {
  const auto read = ReadJoinToken(folder_.File("nowhere"));
  EXPECT_THAT(std::string(read.status().message()), HasSubstr(folder_.File("nowhere")));
}

TEST_F(JoinTokenTest, RefusesWhatIsNoJoinTokenWithoutQuotingIt) {
  const std::string admin(crypto::MintKey(crypto::kAdminTokenPrefix).text.Reveal());
  for (const std::string& content : {std::string(), std::string("canary\x01\n"), admin}) {
    const auto read = ReadFrom(content);
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(path_));
    EXPECT_THAT(std::string(read.status().message()), Not(HasSubstr("canary")));
    EXPECT_THAT(std::string(read.status().message()), Not(HasSubstr(admin)));
  }
}

}  // namespace
}  // namespace sluice::link
