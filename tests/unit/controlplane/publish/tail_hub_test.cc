// Who watches live, and what nodes are told of it: over sessions whose streams only remember.
#include "controlplane/publish/tail_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/controlplane/publish/fake_fleet.h"

namespace sluice::publish {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A caller that remembers what it was sent.
class FakeCaller final : public TailOutlet {
 public:
  void Write(admin::v1::TailResponse response) override {
    EXPECT_FALSE(writing) << "two writes at once";
    writing = true;
    responses.push_back(std::move(response));
  }
  void Close(const absl::Status& status) override { closed = status; }

  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    for (const auto& response : responses) {
      lines.insert(lines.end(), response.lines().begin(), response.lines().end());
    }
    return lines;
  }
  int64_t LeftOut() const {
    int64_t left_out = 0;
    for (const auto& response : responses) left_out += response.left_out();
    return left_out;
  }

  std::vector<admin::v1::TailResponse> responses;
  bool writing = false;
  std::optional<absl::Status> closed;
};

TailTerms TermsOf(int status = 0, const std::string& node = "", int rate = 50) {
  TailTerms terms;
  terms.filters.emplace_back().set_status(status);
  terms.node = node;
  terms.lines_per_second = rate;
  return terms;
}

class TailHubTest : public PublishFixture {
 protected:
  using Watch = std::shared_ptr<TailWatch>;

  // Begun, its first message taken.
  Watch Start(FakeCaller& caller, TailTerms terms) {
    auto watch = hub_.StartTail(std::move(terms), caller);
    EXPECT_TRUE(watch.ok()) << watch.status();
    (*watch)->Begin();
    Taken(caller, *watch);
    return *watch;
  }
  static void Taken(FakeCaller& caller, const Watch& watch) {
    ASSERT_TRUE(caller.writing);
    caller.writing = false;
    watch->OnWriteDone();
  }
  // Greeted, with the newest configuration, and `capabilities`.
  static void Settle(FakeNode& node, const std::vector<std::string>& capabilities = {"tail"}) {
    fleet::v1::NodeMessage message;
    message.mutable_hello()->set_node_id(node.id);
    for (const std::string& one : capabilities) message.mutable_hello()->add_capabilities(one);
    node.session->OnMessage(message);
    const fleet::v1::Snapshot snapshot = node.last();
    node.Taken();
    node.Ack(snapshot.revision(), snapshot.hash());
  }
  static void Tell(FakeNode& node, const std::vector<int>& statuses, int64_t left_out = 0) {
    fleet::v1::NodeMessage message;
    message.mutable_tail_lines()->set_left_out(left_out);
    for (const int status : statuses) {
      auto* line = message.mutable_tail_lines()->add_lines();
      line->set_status(status);
      line->set_json(node.id + ":" + std::to_string(status));
    }
    node.session->OnMessage(message);
  }
  // The statuses of the last order; -1 where there is none.
  static std::vector<int> Ordered(const FakeNode& node) {
    std::vector<int> statuses;
    const auto& last = node.outlet.messages.back();
    if (!last.has_tail_order()) return {-1};
    for (const auto& filter : last.tail_order().filters()) statuses.push_back(filter.status());
    return statuses;
  }
};

TEST_F(TailHubTest, ANodeIsToldWhatIsWatchedAndThatNothingIs) {
  FakeNode node(hub_, "n1");
  Settle(node);
  EXPECT_FALSE(node.outlet.writing) << "nobody watches";
  FakeCaller one;
  const Watch first = Start(one, TermsOf(5, "", 100));
  EXPECT_THAT(Ordered(node), ElementsAre(5));
  EXPECT_EQ(node.outlet.messages.back().tail_order().lines_per_second(), 100);
  node.Taken();
  FakeCaller two;
  const Watch second = Start(two, TermsOf(429, "n1", 20));
  EXPECT_THAT(Ordered(node), ElementsAre(5, 429));
  EXPECT_EQ(node.outlet.messages.back().tail_order().lines_per_second(), 120);
  node.Taken();
  hub_.EndTail(first);
  EXPECT_THAT(Ordered(node), ElementsAre(429));
  node.Taken();
  hub_.EndTail(second);
  EXPECT_THAT(Ordered(node), IsEmpty());
  EXPECT_EQ(hub_.tails().state().watches, 0u);
}

TEST_F(TailHubTest, ANodeThatConnectsLaterIsToldToo) {
  FakeCaller caller;
  const Watch watch = Start(caller, TermsOf(5));
  FakeNode node(hub_, "n1");
  Settle(node);
  ASSERT_TRUE(node.outlet.writing);
  EXPECT_THAT(Ordered(node), ElementsAre(5));
  hub_.Leave(node.session);
  FakeNode again(hub_, "n1");
  Settle(again);
  EXPECT_THAT(Ordered(again), ElementsAre(5)) << "a stream that ended ended the watch";
  hub_.EndTail(watch);
}

TEST_F(TailHubTest, NodesThatCannotOrAreNotMeantAreToldNothing) {
  FakeNode old(hub_, "old");
  Settle(old, {"delta"});
  FakeNode other(hub_, "other");
  Settle(other);
  FakeCaller caller;
  const Watch watch = Start(caller, TermsOf(0, "n1"));
  EXPECT_FALSE(old.outlet.writing);
  EXPECT_FALSE(other.outlet.writing);
  hub_.EndTail(watch);
  EXPECT_FALSE(other.outlet.writing);
}

TEST_F(TailHubTest, ManyChangesWhileTheNodeReadsNothingAreOneMessage) {
  FakeNode node(hub_, "n1");
  Settle(node);
  FakeCaller callers[3];
  std::vector<Watch> watches;
  for (int i = 0; i < 3; ++i) watches.push_back(Start(callers[i], TermsOf(200 + i)));
  EXPECT_THAT(Ordered(node), ElementsAre(200));
  node.Taken();
  EXPECT_THAT(Ordered(node), ElementsAre(200, 201, 202));
  node.Taken();
  EXPECT_FALSE(node.outlet.writing);
  for (const Watch& watch : watches) hub_.EndTail(watch);
}

TEST_F(TailHubTest, EachIsSentWhatItAskedFor) {
  FakeNode one(hub_, "n1");
  Settle(one);
  FakeNode two(hub_, "n2");
  Settle(two);
  FakeCaller all;
  FakeCaller errors;
  FakeCaller second;
  const Watch watches[] = {Start(all, TermsOf()), Start(errors, TermsOf(5)),
                           Start(second, TermsOf(0, "n2"))};
  Tell(one, {200, 503});
  Tell(two, {404}, 3);
  Taken(all, watches[0]);
  EXPECT_THAT(all.Lines(), ElementsAre("n1:200", "n1:503", "n2:404"));
  Taken(errors, watches[1]);
  EXPECT_THAT(errors.Lines(), ElementsAre("n1:503"));
  EXPECT_THAT(second.Lines(), ElementsAre("n2:404"));
  EXPECT_EQ(second.LeftOut(), 3);
  EXPECT_EQ(all.LeftOut(), 3);
  EXPECT_EQ(hub_.tails().state().lines, 5u);
  EXPECT_EQ(hub_.tails().state().left_out, 3u);
  for (const Watch& watch : watches) hub_.EndTail(watch);
}

TEST_F(TailHubTest, KeysProvidersAndFailuresAreFilters) {
  TailTerms terms;
  terms.filters.emplace_back().set_client_key_id("k1");
  terms.filters.emplace_back().set_provider("groq");
  terms.filters.back().set_failed_only(true);
  FakeCaller caller;
  const Watch watch = Start(caller, terms);
  fleet::v1::TailLines told;
  const auto add = [&told](const std::string& key, const std::string& provider, bool failed) {
    auto* line = told.add_lines();
    line->set_json(key + provider + (failed ? "!" : ""));
    line->set_client_key_id(key);
    line->set_provider(provider);
    line->set_failed(failed);
  };
  add("k1", "openai", false);
  add("k2", "groq", false);
  add("k2", "groq", true);
  add("k2", "openai", true);
  hub_.tails().Take("n1", told, clock_.now);
  EXPECT_THAT(caller.Lines(), ElementsAre("k1openai", "k2groq!"));
  hub_.EndTail(watch);
}

TEST_F(TailHubTest, ACallerThatReadsNothingCostsItsQueue) {
  FakeNode node(hub_, "n1");
  Settle(node);
  FakeCaller caller;
  const Watch watch = Start(caller, TermsOf(0, "", 1'000'000));
  constexpr auto kMost = static_cast<int>(TailWatch::kMostLines);
  const std::vector<int> many(TailHub::kMostLines, 200);
  // The first are on their way, the next wait.
  for (int told = 0; told < kMost + 3 * TailHub::kMostLines; told += TailHub::kMostLines) {
    Tell(node, many);
  }
  EXPECT_EQ(caller.responses.size(), 2u) << "its first, and one more";
  while (caller.writing) Taken(caller, watch);
  EXPECT_EQ(caller.Lines().size(), static_cast<size_t>(kMost + TailHub::kMostLines));
  EXPECT_EQ(caller.LeftOut(), 2 * TailHub::kMostLines);
  hub_.EndTail(watch);
}

// Another caller made the node send more.
TEST_F(TailHubTest, TheRateIsKeptForEachNode) {
  FakeCaller caller;
  const Watch watch = Start(caller, TermsOf(0, "", 2));
  FakeNode one(hub_, "n1");
  Settle(one);
  FakeNode two(hub_, "n2");
  Settle(two);
  Tell(one, {200, 201, 202, 203});
  Tell(two, {300, 301, 302});
  while (caller.writing) Taken(caller, watch);
  EXPECT_THAT(caller.Lines(), ElementsAre("n1:200", "n1:201", "n2:300", "n2:301"));
  EXPECT_EQ(caller.LeftOut(), 3);
  clock_.now += absl::Seconds(1);
  Tell(one, {204});
  EXPECT_EQ(caller.Lines().back(), "n1:204");
  hub_.EndTail(watch);
}

TEST_F(TailHubTest, ThereAreNoMoreThanSixteen) {
  std::vector<std::unique_ptr<FakeCaller>> callers;
  std::vector<Watch> watches;
  for (size_t i = 0; i < TailHub::kMostWatches; ++i) {
    callers.push_back(std::make_unique<FakeCaller>());
    watches.push_back(Start(*callers.back(), TermsOf()));
  }
  FakeCaller late;
  const absl::Status refused = hub_.StartTail(TermsOf(), late).status();
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("16 others watch"));
  hub_.EndTail(watches.back());
  const auto room = hub_.StartTail(TermsOf(), late);
  ASSERT_TRUE(room.ok());
  watches.back() = *room;
  for (const Watch& watch : watches) hub_.EndTail(watch);
}

TEST_F(TailHubTest, NothingIsWrittenBeforeItBeginsNorAfterItEnded) {
  FakeCaller caller;
  const auto watch = hub_.StartTail(TermsOf(), caller);
  ASSERT_TRUE(watch.ok());
  FakeNode node(hub_, "n1");
  Settle(node);
  Tell(node, {200});
  EXPECT_FALSE(caller.writing);
  (*watch)->Begin();
  ASSERT_EQ(caller.responses.size(), 1u);
  EXPECT_EQ(caller.responses[0].lines_size(), 0) << "it says that it has begun";
  Taken(caller, *watch);
  EXPECT_THAT(caller.Lines(), ElementsAre("n1:200"));
  hub_.EndTail(*watch);
  (*watch)->OnWriteDone();
  Tell(node, {201});
  EXPECT_EQ(caller.responses.size(), 2u);
}

TEST_F(TailHubTest, ASessionThatLeftWhileItsLinesAreHandedOnHurtsNobody) {
  FakeCaller caller;
  const Watch watch = Start(caller, TermsOf());
  FakeNode node(hub_, "n1");
  Settle(node);
  hub_.Leave(node.session);
  hub_.EndTail(watch);
  FakeCaller next;
  const Watch other = Start(next, TermsOf(5));
  Tell(node, {503});
  EXPECT_FALSE(next.writing) << "the session has let go of its stream";
  hub_.EndTail(other);
}

TEST_F(TailHubTest, TooManyLinesAtOnceCloseTheStream) {
  FakeNode node(hub_, "n1");
  Settle(node);
  Tell(node, std::vector<int>(TailHub::kMostLines + 1, 200));
  ASSERT_TRUE(node.outlet.closed.has_value());
  EXPECT_TRUE(absl::IsInvalidArgument(*node.outlet.closed));
  EXPECT_THAT(std::string(node.outlet.closed->message()), HasSubstr("201 lines"));
}

TEST_F(TailHubTest, AControlPlaneThatStopsEndsAllAndTakesNoMore) {
  FakeCaller caller;
  const Watch watch = Start(caller, TermsOf());
  hub_.CloseAll(absl::UnavailableError("the control plane is stopping"));
  ASSERT_TRUE(caller.closed.has_value());
  EXPECT_TRUE(absl::IsUnavailable(*caller.closed));
  FakeCaller late;
  EXPECT_TRUE(absl::IsUnavailable(hub_.StartTail(TermsOf(), late).status()));
  hub_.EndTail(watch);
}

}  // namespace
}  // namespace sluice::publish
