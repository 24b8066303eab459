// diff, rollback and audit.
#include <gmock/gmock.h>

#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kDiffs[] =
    "resources { kind: 'settings' id: 'settings' name: 'settings' action: CHANGED fields { field: "
    "'enable_passthrough_routes' before: 'true' after: 'false' } }"
    "resources { kind: 'provider' id: 'a' name: 'a' action: CREATED fields { field: 'preset' "
    "after: '\"openai\"' } }"
    "resources { kind: 'provider key' id: 'pk_1' name: 'a/main' action: CHANGED fields { field: "
    "'secret' } fields { field: 'enabled' after: 'true' } }"
    "resources { kind: 'client key' id: 'k1' name: 'ci' action: DELETED fields { field: 'note' "
    "before: '\"x\"' } }";
constexpr char kLines[] =
    "~ settings\n"
    "    enable_passthrough_routes: true -> false\n"
    "+ provider a\n"
    "    preset: \"openai\"\n"
    "~ provider key a/main\n"
    "    secret: (a secret, not shown)\n"
    "    enabled: (not set) -> true\n"
    "- client key ci\n"
    "    note: \"x\"\n";

class RevisionCommandsTest : public CommandTest {};

TEST_F(RevisionCommandsTest, DiffShowsFields) {
  Answer<admin::v1::DiffRevisionsResponse>(kDiffs);
  EXPECT_EQ(Run({"diff", "3", "5"}).out, kLines);
  EXPECT_EQ(Asked<admin::v1::DiffRevisionsRequest>(), "from_revision: 3 to_revision: 5");
}

TEST_F(RevisionCommandsTest, DiffOfEqualRevisionsSaysSo) {
  Answer<admin::v1::DiffRevisionsResponse>("");
  EXPECT_EQ(Run({"diff", "3", "3"}).out, "no difference\n");
}

TEST_F(RevisionCommandsTest, RollbackSaysWhatItDid) {
  Answer<admin::v1::RollbackResponse>(std::string("revision: 9 still_revoked: 'old' ") + kDiffs);
  EXPECT_EQ(
      Run({"rollback", "4", "--if-revision", "8"}).out,
      std::string(kLines) + "client key old stays revoked\nback to revision 4 as revision 9\n");
  EXPECT_EQ(Asked<admin::v1::RollbackRequest>(), "to_revision: 4 expected_revision: 8");
}

TEST_F(RevisionCommandsTest, ADryRunSaysThatNothingWasChanged) {
  Answer<admin::v1::RollbackResponse>(std::string("revision: 8 ") + kDiffs);
  EXPECT_THAT(Run({"rollback", "4", "--dry-run", "--wait"}).out,
              HasSubstr("would go back to revision 4; nothing was changed\n"));
  EXPECT_EQ(Asked<admin::v1::RollbackRequest>(), "to_revision: 4 dry_run: true");
}

TEST_F(RevisionCommandsTest, AWrongRevisionIsUsage) {
  EXPECT_EQ(Run({"rollback", "latest"}).exit_code, 2);
  EXPECT_EQ(Run({"diff", "1"}).exit_code, 2);
  EXPECT_EQ(requests(), 0u);
}

TEST_F(RevisionCommandsTest, ListsTheAudit) {
  Answer<admin::v1::ListAuditResponse>(
      "entries { id: 2 revision: 1 at { seconds: 1769860797 } actor: 'owner' peer: "
      "'ipv4:127.0.0.1:9' rpc: 'CreateProvider' summary: 'provider a created' }");
  EXPECT_EQ(Run({"audit", "list", "--limit", "5"}).out,
            "ID  AT                    BY     FROM              RPC             WHAT\n"
            "2   2026-01-31T11:59:57Z  owner  ipv4:127.0.0.1:9  CreateProvider  provider a "
            "created\n");
}

TEST_F(RevisionCommandsTest, AnIntactAuditShowsItsHead) {
  Answer<admin::v1::VerifyAuditResponse>("intact: true entries: 3 head: 'abcd'");
  const Result result = Run({"audit", "verify"});
  EXPECT_EQ(result.out, "intact: 3 entries, head abcd\n");
  EXPECT_EQ(result.exit_code, 0);
}

TEST_F(RevisionCommandsTest, ABrokenAuditFails) {
  Answer<admin::v1::VerifyAuditResponse>("entries: 3 broken_at: 2 head: 'abcd'");
  const Result result = Run({"audit", "verify"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("entry 2 of 3 does not fit"));
}

}  // namespace
}  // namespace sluice::cli
