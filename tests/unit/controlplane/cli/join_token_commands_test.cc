#include <gmock/gmock.h>

#include "common/base/file.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using admin::v1::CreateJoinTokenRequest;
using admin::v1::CreateJoinTokenResponse;
using admin::v1::ListJoinTokensResponse;

using JoinTokenCommandsTest = CommandTest;

TEST_F(JoinTokenCommandsTest, CreatePrintsTheTokenAlone) {
  Answer<CreateJoinTokenResponse>(
      "token: 'slj_canary' join_token { id: 'abc' name: 'eu-9' single_use: true "
      "expires_at { seconds: 1769864400 } }");
  const Result result =
      Run({"join-token", "create", "--name", "eu-9", "--single-use", "--expires", "1h"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "slj_canary\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("join token eu-9 (id abc) created, for one use, until "
                                          "2026-01-31T13:00:00Z (in 1h)"),
                                HasSubstr("shown this once"), Not(HasSubstr("slj_canary"))));
  EXPECT_EQ(Asked<CreateJoinTokenRequest>(),
            "name: \"eu-9\" expires_in { seconds: 3600 } single_use: true");
}

TEST_F(JoinTokenCommandsTest, CreateNeedsAName) {
  EXPECT_THAT(Run({"join-token", "create"}).err, HasSubstr("--name is required"));
  EXPECT_THAT(Run({"join-token", "create", "--name", "x", "--expires", "soon"}).err,
              HasSubstr("\"soon\" is not a duration"));
  EXPECT_EQ(requests(), 0u);
}

TEST_F(JoinTokenCommandsTest, ListShowsWhatEachIsStillGoodFor) {
  Answer<ListJoinTokensResponse>(
      "join_tokens { id: 'a1' name: 'join' } "
      "join_tokens { id: 'a2' name: 'once' single_use: true used_by: 'eu-3' } "
      "join_tokens { id: 'a3' name: 'old' expires_at { seconds: 1769860799 } }");
  EXPECT_EQ(Run({"join-token", "list"}).out,
            "NAME  ID  USES  EXPIRES               STATE\n"
            "join  a1  any   never                 good\n"
            "once  a2  one   never                 used by eu-3\n"
            "old   a3  any   2026-01-31T11:59:59Z  expired\n");
}

TEST_F(JoinTokenCommandsTest, RevokeNamesTheToken) {
  const Result result = Run({"join-token", "revoke", "eu-9"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("join token eu-9 revoked"));
  EXPECT_EQ(Asked<admin::v1::RevokeJoinTokenRequest>(), "id: \"eu-9\"");
}

TEST_F(JoinTokenCommandsTest, ExpelNamesTheNode) {
  const Result result = Run({"node", "expel", "eu-3"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("node eu-3 expelled"));
  EXPECT_EQ(Asked<admin::v1::ExpelNodeRequest>(), "node: \"eu-3\"");
}

TEST_F(JoinTokenCommandsTest, ACaFileThatCannotBeUsedIsNamedBeforeAnythingIsSent) {
  const test::TempFolder folder;
  EXPECT_THAT(Run({"status", "--ca-file", folder.File("none.crt")}).err,
              AllOf(HasSubstr("none.crt\" does not exist"), HasSubstr("ca.crt")));
  ASSERT_TRUE(folder.Write("odd.crt", "nonsense"));
  environment_["SLUICE_CA_FILE"] = folder.File("odd.crt");
  const Result result = Run({"status"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("odd.crt\" does not hold a certificate in PEM"));
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_EQ(requests(), 0u);
}

}  // namespace
}  // namespace sluice::cli
