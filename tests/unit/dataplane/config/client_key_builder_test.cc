#include "dataplane/config/client_key_builder.h"

#include <gtest/gtest.h>

#include "dataplane/config/snapshot_builder.h"
#include "tests/unit/dataplane/config/sample_configuration.h"

namespace sluice::config {
namespace {

class ClientKeyBuilderTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Snapshot> Build() {
    auto built = SnapshotBuilder::Build(configuration_, "e", ++revision_, "h", live_);
    EXPECT_TRUE(built.ok()) << built.status();
    return built.ok() ? *built : nullptr;
  }
  // The same by way of what has changed.
  std::shared_ptr<const Snapshot> BuildOn(const Snapshot& former, const v1::ClientKeyEntry& was,
                                          const v1::ClientKeyEntry& is) {
    SnapshotBuilder::Difference difference;
    difference.former_keys.push_back(was);
    v1::Configuration part;
    *part.add_client_keys() = is;
    difference.part = &part;
    auto built = SnapshotBuilder::BuildOn(former, difference, ++revision_, "h", live_, nullptr);
    EXPECT_TRUE(built.ok()) << built.status();
    return built.ok() ? *built : nullptr;
  }
  static const ClientKeyEntry* App(const Snapshot& snapshot) {
    return snapshot.FindClientKey(crypto::Sha256("app-key"));
  }
  static v1::ClientKeyEntry Cut(v1::ClientKeyEntry entry) {
    entry.mutable_key()->mutable_revoked_at()->set_seconds(1);
    entry.mutable_key()->set_cut_streams(true);
    return entry;
  }

  v1::Configuration configuration_ = test::SampleConfiguration();
  LiveState live_;
  int64_t revision_ = 0;
};

TEST_F(ClientKeyBuilderTest, TermsAreNullWhereThereAreNone) {
  EXPECT_EQ(App(*Build())->terms, nullptr);
  auto* key = configuration_.mutable_client_keys(0)->mutable_key();
  key->mutable_limits()->mutable_requests()->set_amount(600);
  key->mutable_limits()->mutable_requests()->mutable_interval()->set_seconds(60);
  const auto snapshot = Build();
  const auto& terms = *App(*snapshot)->terms;
  EXPECT_EQ(terms.requests, (guard::RateTerms{std::chrono::milliseconds(100), 600}));
  EXPECT_EQ(terms.concurrent, guard::InFlightGate::kNoLimit);
}

TEST_F(ClientKeyBuilderTest, TokensAreLimitedByTermsOfTheirOwnAndKeepWhatWasSpent) {
  auto* key = configuration_.mutable_client_keys(0)->mutable_key();
  auto* tokens = key->mutable_limits()->mutable_tokens();
  tokens->set_amount(1000);
  tokens->mutable_interval()->set_seconds(3600);
  tokens->set_burst(10);
  const auto first = Build();
  const guard::RateTerms terms{std::chrono::milliseconds(3600), 10};
  EXPECT_EQ(App(*first)->terms->tokens, terms);
  EXPECT_FALSE(App(*first)->terms->requests.has_value());
  const auto now = std::chrono::steady_clock::now();
  App(*first)->guard->tokens.Spend(terms, 1000, now);
  // A change that does not touch it, the same terms in another push, and other terms.
  key->set_note("changed");
  EXPECT_GT(App(*Build())->guard->tokens.Wait(terms, now), std::chrono::minutes(59));
  tokens->set_amount(2000);
  const auto changed = Build();
  EXPECT_LE(App(*changed)->guard->tokens.Wait(*App(*changed)->terms->tokens, now),
            std::chrono::seconds(18) + (std::chrono::steady_clock::now() - now));
}

TEST_F(ClientKeyBuilderTest, AGuardOutlivesEveryPush) {
  const auto first = Build();
  const auto guard = App(*first)->guard;
  ASSERT_NE(guard, nullptr);
  EXPECT_EQ(App(*Build())->guard, guard);
  const v1::ClientKeyEntry was = configuration_.client_keys(0);
  configuration_.mutable_client_keys(0)->mutable_key()->set_note("changed");
  const auto third = BuildOn(*first, was, configuration_.client_keys(0));
  EXPECT_EQ(App(*third)->guard, guard);
  EXPECT_EQ(App(*Build())->guard, guard);
}

TEST_F(ClientKeyBuilderTest, ADisabledKeyIsNotFoundAndKeepsItsGuard) {
  const auto guard = App(*Build())->guard;
  auto* key = configuration_.mutable_client_keys(0)->mutable_key();
  key->set_enabled(false);
  EXPECT_EQ(App(*Build()), nullptr);
  key->set_enabled(true);
  EXPECT_EQ(App(*Build())->guard, guard);
}

TEST_F(ClientKeyBuilderTest, AKeyThatIsCutNamesItsGuardHoweverTheChangeComes) {
  const auto first = Build();
  const auto guard = App(*first)->guard;
  const v1::ClientKeyEntry was = configuration_.client_keys(0);
  const auto by_delta = BuildOn(*first, was, Cut(was));
  EXPECT_EQ(App(*by_delta), nullptr);
  ASSERT_EQ(by_delta->cuts().size(), 1U);
  EXPECT_EQ(by_delta->cuts()[0], guard);
}

TEST_F(ClientKeyBuilderTest, ACutIsToldOnceAndOnlyOfWhatRan) {
  const auto guard = App(*Build())->guard;
  *configuration_.mutable_client_keys(0) = Cut(configuration_.client_keys(0));
  const auto whole = Build();
  ASSERT_EQ(whole->cuts().size(), 1U);
  EXPECT_EQ(whole->cuts()[0], guard);
  EXPECT_TRUE(Build()->cuts().empty());
}

TEST_F(ClientKeyBuilderTest, ADisabledKeyCanStillBeCut) {
  const auto guard = App(*Build())->guard;
  configuration_.mutable_client_keys(0)->mutable_key()->set_enabled(false);
  Build();
  *configuration_.mutable_client_keys(0) = Cut(configuration_.client_keys(0));
  const auto cut = Build();
  ASSERT_EQ(cut->cuts().size(), 1U);
  EXPECT_EQ(cut->cuts()[0], guard);
}

}  // namespace
}  // namespace sluice::config
