// --wait, by way of a command that writes.
#include "controlplane/cli/acknowledgement.h"

#include <gmock/gmock.h>

#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AcknowledgementTest : public CommandTest {
 protected:
  AcknowledgementTest() { Answer<admin::v1::DeleteProviderResponse>("revision: 12"); }

  Result Delete(const std::string& wait = "--wait") {
    return Run({"provider", "delete", "x", wait});
  }
};

TEST_F(AcknowledgementTest, EndsWhenAllHaveIt) {
  Report({"revision: 12 total: 2 acked: 1 waiting_for: 'eu-2'",
          "revision: 12 total: 2 acked: 1 waiting_for: 'eu-2'",
          "revision: 12 total: 2 acked: 2 done: true"});
  const Result result = Delete();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "provider x and its keys deleted, revision 12\n");
  EXPECT_EQ(result.err, "acked 1/2; waiting for eu-2\nacked 2/2\n");
  EXPECT_EQ(Asked<admin::v1::WaitForRevisionRequest>(), "revision: 12");
}

TEST_F(AcknowledgementTest, OnATerminalTheLineOverwritesItself) {
  err_is_tty_ = true;
  Report({"total: 1 waiting_for: 'eu-2'", "total: 1 acked: 1 done: true"});
  EXPECT_EQ(Delete().err, "\r\x1b[Kacked 0/1; waiting for eu-2\r\x1b[Kacked 1/1\n");
}

TEST_F(AcknowledgementTest, WithoutTheOptionNobodyIsAsked) {
  EXPECT_EQ(Run({"provider", "delete", "x"}).exit_code, 0);
  EXPECT_EQ(Asked<admin::v1::WaitForRevisionRequest>(), "");
}

TEST_F(AcknowledgementTest, SaysThatNoNodeIsConnected) {
  Report({"revision: 12 done: true"});
  const Result result = Delete();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "no node is connected, so nobody had to acknowledge\n");
}

TEST_F(AcknowledgementTest, ARefusalFailsWithNodeAndReason) {
  Report({"total: 2 acked: 1 refusals { node: 'eu-3' reason: 'provider \"x\": bad' }"});
  const Result result = Delete();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("sluicectl: revision 12 is committed, but refused by "
                                    "eu-3: provider \"x\": bad"));
}

TEST_F(AcknowledgementTest, TimeRunsOutWithTheStragglersNamed) {
  Report({"total: 3 acked: 1 waiting_for: 'eu-3' waiting_for: 'eu-7'"}, /*hold=*/true);
  const Result result = Delete("--wait=300ms");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err,
              HasSubstr("sluicectl: revision 12 is committed, but not acknowledged within 300ms by "
                        "eu-3, eu-7 (1 of 3 have it)\n"));
  EXPECT_THAT(result.out, HasSubstr("revision 12"));
}

TEST_F(AcknowledgementTest, ARefusalWeighsMoreThanTime) {
  Report({"total: 3 waiting_for: 'eu-3' refusals { node: 'eu-7' reason: 'r' }"}, /*hold=*/true);
  const Result result = Delete("--wait=300ms");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("refused by eu-7: r; no answer from eu-3"));
}

TEST_F(AcknowledgementTest, AReportThatBreaksOffIsAFailure) {
  Report({"total: 3 acked: 1 waiting_for: 'eu-3'"});
  const Result result = Delete();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("revision 12 is committed, but waiting for the nodes failed"));
}

TEST_F(AcknowledgementTest, AFailedWriteIsNotWaitedFor) {
  Fail(FailureCode::kFailedPrecondition, "key \"web\" names it");
  const Result result = Delete();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "sluicectl: key \"web\" names it\n");
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_EQ(Asked<admin::v1::WaitForRevisionRequest>(), "");
}

admin::v1::WaitProgress Progress(const std::string& text) {
  return Proto<admin::v1::WaitProgress>(text);
}

TEST(ProgressTextTest, SaysHowManyHaveItWhatWasRefusedAndWhoIsMissing) {
  EXPECT_EQ(ProgressText(Progress("total: 40 acked: 37 waiting_for: 'eu-3' waiting_for: 'eu-7' "
                                  "refusals { node: 'eu-9' reason: 'provider \"x\": base URL' }")),
            "acked 37/40, 1 refused: provider \"x\": base URL; waiting for eu-3, eu-7");
  EXPECT_EQ(ProgressText(Progress("total: 4 acked: 1 refusals { node: 'a' reason: 'one' } "
                                  "refusals { node: 'b' reason: 'one' } "
                                  "refusals { node: 'c' reason: 'other' }")),
            "acked 1/4, 3 refused: one / other");
}

TEST(ProgressTextTest, NamesAtMostTwentyNodes) {
  admin::v1::WaitProgress progress;
  progress.set_total(100);
  progress.set_acked(73);
  for (int i = 0; i < 27; ++i) progress.add_waiting_for("n" + std::to_string(i));
  EXPECT_THAT(ProgressText(progress), HasSubstr("n18, n19 and 7 more"));
  progress.set_total(200);
  EXPECT_THAT(ProgressText(progress), HasSubstr("n18, n19 and 107 more"))
      << "of a large fleet not all are named to us";
}

}  // namespace
}  // namespace sluice::cli
