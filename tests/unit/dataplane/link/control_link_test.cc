#include "dataplane/link/control_link.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "common/base/text.h"
#include "tests/unit/dataplane/link/control_link_fixture.h"

namespace sluice::link {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

TEST_F(ControlLinkTest, SaysWhoItIsAndThatItHasNothing) {
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHello)));
  const auto hello = control_plane_.Inbox()[0].hello();
  EXPECT_EQ(hello.node_id(), "node-1");
  EXPECT_EQ(hello.build(), "1.2.3");
  EXPECT_EQ(hello.labels().at("zone"), "a");
  EXPECT_EQ(hello.epoch(), "");
  EXPECT_EQ(hello.revision(), 0);
  EXPECT_THAT(hello.capabilities(), ::testing::Contains("delta"));
}

TEST_F(ControlLinkTest, ServesStoresAndAcksASnapshotInPieces) {
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "epoch-a", 12, 16)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  const auto inbox = control_plane_.Inbox();
  const auto& ack = Last(inbox, NodeMessage::kAck).ack();
  EXPECT_EQ(ack.revision(), 12);
  EXPECT_EQ(ack.hash(), SampleHash());
  EXPECT_EQ(ack.applied_at().seconds(), absl::ToUnixSeconds(clock_.Now()));
  // Served and on disk before the Ack was sent.
  ASSERT_NE(slot_.Load(), nullptr);
  EXPECT_EQ(slot_.Load()->revision(), 12);
  link_->Stop();
  auto reopened = config::LastKnownGood::Open(folder_.File("state"), clock_);
  const auto stored = (*reopened)->Load([](const auto&) { return absl::OkStatus(); });
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->stamp.revision, 12);
  EXPECT_EQ(stored->stamp.epoch, "epoch-a");
  EXPECT_EQ(stored->bytes.Reveal(), Sample());
}

TEST_F(ControlLinkTest, FollowsChangesOnTheSameStream) {
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 1)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  auto changed = test::SampleConfiguration();
  changed.clear_client_keys();
  control_plane_.Push(test::SnapshotOf(test::BytesOf(changed), "e", 2));
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck, 2)));
  EXPECT_EQ(slot_.Load()->revision(), 2);
  EXPECT_EQ(slot_.Load()->client_key_count(), 0U);
  EXPECT_EQ(link_->State().applied, 2);
  EXPECT_EQ(CountOf(control_plane_.Inbox(), NodeMessage::kHello), 1);
}

TEST_F(ControlLinkTest, RefusesABadConfigurationByResourceAndKeepsServing) {
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 1)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  auto bad = test::SampleConfiguration();
  bad.mutable_providers(0)->set_preset("nobody");
  bad.mutable_settings()->set_max_header_fields(1);
  control_plane_.Push(test::SnapshotOf(test::BytesOf(bad), "e", 2));
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kNack)));
  const auto inbox = control_plane_.Inbox();
  const auto& nack = Last(inbox, NodeMessage::kNack).nack();
  EXPECT_EQ(nack.revision(), 2);
  EXPECT_GE(nack.refusals_size(), 2);
  for (const auto& refusal : nack.refusals()) EXPECT_FALSE(refusal.reason().empty());
  EXPECT_EQ(slot_.Load()->revision(), 1);
  EXPECT_FALSE(link_->State().live);
  EXPECT_EQ(link_->State().refused, 1);
  EXPECT_THAT(link_->State().last_error, HasSubstr("revision 2 refused"));
  // It goes on as soon as there is a good one.
  control_plane_.Push(test::SnapshotOf(Sample(), "e", 3));
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck, 2)));
  EXPECT_TRUE(link_->State().live);
  EXPECT_EQ(link_->State().last_error, "");
}

TEST_F(ControlLinkTest, RefusesBytesThatDoNotHaveTheAnnouncedHash) {
  auto messages = test::SnapshotOf(Sample(), "e", 1);
  messages[0].mutable_snapshot()->set_hash(std::string(32, 'x'));
  control_plane_.AnswerWith({messages});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kNack)));
  const auto inbox = control_plane_.Inbox();
  const auto& refusal = Last(inbox, NodeMessage::kNack).nack().refusals(0);
  EXPECT_EQ(refusal.resource(), "configuration");
  EXPECT_THAT(refusal.reason(), HasSubstr("hash"));
  EXPECT_EQ(slot_.Load(), nullptr);
}

TEST_F(ControlLinkTest, RefusesPiecesOutOfOrderOnce) {
  auto messages = test::SnapshotOf(Sample(), "e", 1, 16);
  ASSERT_GT(messages.size(), 3U);
  std::swap(messages[1], messages[2]);
  control_plane_.AnswerWith({messages});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kNack)));
  control_plane_.Push(test::SnapshotOf(Sample(), "e", 2));
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  EXPECT_EQ(CountOf(control_plane_.Inbox(), NodeMessage::kNack), 1);
}

TEST_F(ControlLinkTest, RefusesWhatIsNoConfiguration) {
  control_plane_.AnswerWith({test::SnapshotOf("\xff\xff\xff", "e", 1)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kNack)));
  EXPECT_EQ(slot_.Load(), nullptr);
}

TEST_F(ControlLinkTest, IsLiveOnceTheControlPlaneSaysUpToDate) {
  Resume("mine", 4);
  clock_.Advance(absl::Minutes(10));
  options_.control_plane = "127.0.0.1:1";
  Start();
  ASSERT_TRUE(Until([](const auto& state) { return !state.last_error.empty(); }));
  EXPECT_FALSE(link_->State().live);
  EXPECT_EQ(link_->State().revision, 4);
  EXPECT_DOUBLE_EQ(link_->State().age_seconds, 600);
  link_->Stop();

  options_.control_plane = control_plane_.address();
  control_plane_.AnswerWith({{test::UpToDate(4)}});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHeartbeat)));
  const auto inbox = control_plane_.Inbox();
  EXPECT_EQ(Last(inbox, NodeMessage::kHello).hello().epoch(), "mine");
  EXPECT_EQ(Last(inbox, NodeMessage::kHello).hello().revision(), 4);
  EXPECT_EQ(Last(inbox, NodeMessage::kHello).hello().hash(), SampleHash());
  EXPECT_TRUE(link_->State().live);
  EXPECT_TRUE(link_->State().connected);
  EXPECT_DOUBLE_EQ(link_->State().age_seconds, 0);
}

TEST_F(ControlLinkTest, AnUpToDateOfAnotherRevisionDoesNotMakeItLive) {
  Resume("mine", 4);
  control_plane_.AnswerWith({{test::UpToDate(5)}});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHeartbeat)));
  EXPECT_FALSE(link_->State().live);
}

TEST_F(ControlLinkTest, SendsHeartbeatsWithTheNumbersItIsGiven) {
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 1)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHeartbeat, 3)));
  const auto inbox = control_plane_.Inbox();
  const auto& heartbeat = Last(inbox, NodeMessage::kHeartbeat).heartbeat();
  EXPECT_EQ(heartbeat.in_flight(), 3);
  EXPECT_EQ(heartbeat.requests(), 77);
  EXPECT_EQ(heartbeat.serving(), fleet::v1::Heartbeat::LIVE);
}

TEST_F(ControlLinkTest, ComesBackAfterALossAndSaysWhatItHas) {
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 8), {test::UpToDate(8)}});
  control_plane_.HangUp(true);
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHello, 3)));
  const auto inbox = control_plane_.Inbox();
  EXPECT_EQ(Last(inbox, NodeMessage::kHello).hello().revision(), 8);
  control_plane_.HangUp(false);
  ASSERT_TRUE(Until([](const auto& state) { return state.live; }));
  EXPECT_GE(link_->State().connects, 2);
}

TEST_F(ControlLinkTest, AcksAnEqualConfigurationWithoutBuildingItAgain) {
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 8)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  const auto served = slot_.Load();
  control_plane_.Push(test::SnapshotOf(Sample(), "e", 8));
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck, 2)));
  EXPECT_EQ(slot_.Load(), served);
  EXPECT_EQ(link_->State().applied, 1);
}

TEST_F(ControlLinkTest, NamesTheTokenFileWhenItIsRefused) {
  const crypto::NewKey wrong = crypto::MintKey(crypto::kJoinTokenPrefix);
  ASSERT_TRUE(base::WriteFileAtomically(options_.join_token_file, wrong.text.Reveal()).ok());
  Start();
  ASSERT_TRUE(Until([](const auto& state) { return !state.last_error.empty(); }));
  EXPECT_THAT(link_->State().last_error, HasSubstr("refused the join token"));
  EXPECT_THAT(link_->State().last_error, HasSubstr(options_.join_token_file));
  EXPECT_FALSE(link_->State().connected);
  // A new token in the same file needs no restart.
  ASSERT_TRUE(base::WriteFileAtomically(options_.join_token_file, token_.text.Reveal()).ok());
  EXPECT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHello)));
}

TEST_F(ControlLinkTest, ServesAndAcksWhatItCannotStoreAndStoresItLater) {
  const std::string blocker = folder_.File("state/last_known_good.next");
  std::filesystem::create_directories(blocker + "/x");
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 1)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  EXPECT_EQ(slot_.Load()->revision(), 1);
  EXPECT_FALSE(link_->State().stored);
  EXPECT_GE(link_->State().store_failures, 1);
  EXPECT_THAT(link_->State().last_error, HasSubstr("not stored"));
  std::filesystem::remove_all(blocker);
  ASSERT_TRUE(Until([](const auto& state) { return state.stored; }));
  EXPECT_EQ(link_->State().last_error, "");
  EXPECT_TRUE(std::filesystem::exists(folder_.File("state/last_known_good")));
}

TEST_F(ControlLinkTest, GivesUpOnAControlPlaneThatDoesNotAnswer) {
  options_.answer = milliseconds(50);
  control_plane_.AnswerWith({{}});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHello, 2)));
  ASSERT_TRUE(Until([](const auto& state) { return !state.last_error.empty(); }));
  EXPECT_THAT(link_->State().last_error, HasSubstr("no answer within 50ms"));
}

TEST_F(ControlLinkTest, EndsReplacedSnapshotsOnItsOwnThread) {
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 1)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  std::shared_ptr<const config::Snapshot> request = slot_.Load();
  const std::weak_ptr<const config::Snapshot> former = request;
  control_plane_.Push(test::SnapshotOf(Sample(), "e", 2));
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck, 2)));
  EXPECT_GE(former.use_count(), 2) << "the request must not be the last owner";
  request.reset();
  EXPECT_TRUE(Until([&](const auto&) { return former.expired(); }));
}

TEST_F(ControlLinkTest, StopsAtOnceWhileConnected) {
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 1)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  EXPECT_LT(TimeToStop(), milliseconds(1000));
}

TEST_F(ControlLinkTest, StopsAtOnceWhileItWaitsToTryAgain) {
  options_.control_plane = "127.0.0.1:1";
  options_.backoff = {std::chrono::hours(1), std::chrono::hours(1)};
  Start();
  ASSERT_TRUE(Until([](const auto& state) { return !state.last_error.empty(); }));
  EXPECT_LT(TimeToStop(), milliseconds(1000));
}

TEST_F(ControlLinkTest, StopsAtOnceWhileConnectingToWhatNeverSpeaks) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  options_.control_plane = base::Cat("127.0.0.1:", ntohs(address.sin_port));
  Start();
  const int accepted = accept(listener, nullptr, nullptr);
  ASSERT_GE(accepted, 0);
  EXPECT_LT(TimeToStop(), milliseconds(1000));
  close(accepted);
  close(listener);
}

TEST_F(ControlLinkTest, StopsBeforeItWasStartedAndTwice) {
  Start();
  link_->Stop();
  link_->Stop();
  ControlLink never(
      options_, std::nullopt, slot_, live_state_, *last_known_good_,
      [] { return fleet::v1::Heartbeat(); }, clock_);
  never.Stop();
}

}  // namespace
}  // namespace sluice::link
