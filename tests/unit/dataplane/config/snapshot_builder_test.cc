#include "dataplane/config/snapshot_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/dataplane/config/sample_configuration.h"

namespace sluice::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class SnapshotBuilderTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Snapshot> MustBuild() {
    auto built = SnapshotBuilder::Build(configuration_, "epoch-a", 7, std::string(32, 'h'), live_);
    EXPECT_TRUE(built.ok()) << built.status();
    return built.ok() ? *built : nullptr;
  }

  v1::Configuration configuration_ = test::SampleConfiguration();
  LiveState live_;
};

TEST_F(SnapshotBuilderTest, CarriesItsIdentity) {
  const auto snapshot = MustBuild();
  EXPECT_EQ(snapshot->epoch(), "epoch-a");
  EXPECT_EQ(snapshot->revision(), 7);
  EXPECT_EQ(snapshot->hash(), std::string(32, 'h'));
}

TEST_F(SnapshotBuilderTest, FindsProvidersByTheirExactName) {
  test::AddProvider(configuration_, "anthropic-east");
  const auto snapshot = MustBuild();
  ASSERT_NE(snapshot->FindProvider("openai"), nullptr);
  EXPECT_EQ(snapshot->FindProvider("OpenAI"), nullptr);
  EXPECT_EQ(snapshot->FindProvider("open"), nullptr);
  ASSERT_EQ(snapshot->providers().size(), 2U);
  EXPECT_EQ(snapshot->providers()[0]->name, "anthropic-east");
}

TEST_F(SnapshotBuilderTest, LeavesOutDisabledProviders) {
  configuration_.mutable_providers(0)->set_enabled(false);
  const auto snapshot = MustBuild();
  EXPECT_EQ(snapshot->FindProvider("openai"), nullptr);
  EXPECT_THAT(snapshot->providers(), IsEmpty());
}

TEST_F(SnapshotBuilderTest, TakesPresetValuesWhereTheProviderSaysNothing) {
  const auto snapshot = MustBuild();
  const ProviderEntry& openai = *snapshot->FindProvider("openai");
  EXPECT_EQ(openai.base.Origin(), "https://api.openai.com");
  EXPECT_EQ(openai.base.path, "/v1");
  ASSERT_EQ(openai.auth.size(), 1U);
  EXPECT_EQ(openai.auth[0].header, "Authorization");
  EXPECT_EQ(openai.auth[0].scheme, "Bearer");
  EXPECT_TRUE(openai.strip_v1);
  EXPECT_TRUE(openai.decode_slashes);
  EXPECT_TRUE(openai.key_required);
  EXPECT_FALSE(openai.usage.empty());
}

TEST_F(SnapshotBuilderTest, TakesTheProvidersOwnValuesWhereItHasThem) {
  auto* provider = configuration_.mutable_providers(0);
  provider->set_base_url("http://127.0.0.1:9/x/");
  provider->set_strip_v1(false);
  provider->set_encoded_slashes(v1::ENCODED_SLASHES_PRESERVE);
  provider->set_max_body_bytes(12);
  provider->mutable_timeouts()->mutable_connect()->set_seconds(3);
  auto* edit = provider->mutable_request_headers()->add_set();
  edit->set_name("X-Team");
  edit->set_value("blue");
  provider->mutable_response_headers()->add_remove("Server");
  const auto snapshot = MustBuild();
  const ProviderEntry& entry = *snapshot->FindProvider("openai");
  EXPECT_EQ(entry.base.host, "127.0.0.1");
  EXPECT_EQ(entry.base.port, 9);
  EXPECT_EQ(entry.base.path, "/x");
  EXPECT_FALSE(entry.strip_v1);
  EXPECT_FALSE(entry.decode_slashes);
  EXPECT_EQ(entry.max_body_bytes, 12U);
  EXPECT_EQ(entry.times.connect, std::chrono::seconds(3));
  EXPECT_EQ(entry.times.first_byte, std::chrono::seconds(600));
  EXPECT_THAT(entry.request_headers.set, ElementsAre(Pair("X-Team", "blue")));
  EXPECT_THAT(entry.response_headers.remove, ElementsAre("Server"));
}

TEST_F(SnapshotBuilderTest, SettingsFillInWhatProvidersLeaveOpen) {
  auto* settings = configuration_.mutable_settings();
  settings->set_enable_passthrough_routes(false);
  settings->set_allow_passthrough_v1_alias(false);
  settings->set_max_header_fields(9);
  settings->set_max_body_bytes(77);
  settings->mutable_body_idle_timeout()->set_seconds(1);
  settings->mutable_body_idle_timeout()->set_nanos(250'000'000);
  settings->mutable_timeouts()->mutable_stream_idle()->set_seconds(8);
  const auto snapshot = MustBuild();
  EXPECT_FALSE(snapshot->passthrough_enabled());
  EXPECT_FALSE(snapshot->v1_alias_allowed());
  EXPECT_EQ(snapshot->limits().max_header_fields, 9U);
  EXPECT_EQ(snapshot->limits().body_idle_timeout, std::chrono::milliseconds(1250));
  EXPECT_EQ(snapshot->limits().header_timeout, std::chrono::seconds(10));
  EXPECT_EQ(snapshot->limits().buffer_high_bytes, 262144U);
  EXPECT_EQ(snapshot->FindProvider("openai")->max_body_bytes, 77U);
  EXPECT_EQ(snapshot->FindProvider("openai")->times.stream_idle, std::chrono::seconds(8));
}

TEST_F(SnapshotBuilderTest, GivesProvidersTheirEnabledKeysById) {
  test::AddProvider(configuration_, "other");
  test::AddProviderKey(configuration_, "openai", "a")->set_secret("second");
  test::AddProviderKey(configuration_, "openai", "off")->mutable_key()->set_enabled(false);
  const auto snapshot = MustBuild();
  const auto& keys = snapshot->FindProvider("openai")->keys;
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].id, "pk_openaia");
  EXPECT_EQ(keys[0].secret.Reveal(), "second");
  EXPECT_EQ(keys[1].secret.Reveal(), test::kProviderSecret);
  EXPECT_THAT(snapshot->FindProvider("other")->keys, IsEmpty());
}

TEST_F(SnapshotBuilderTest, FindsUsableClientKeysByDigest) {
  auto* key = configuration_.mutable_client_keys(0)->mutable_key();
  key->mutable_expires_at()->set_seconds(1000);
  key->mutable_expires_at()->set_nanos(500'000'000);
  key->add_providers("openai");
  const auto snapshot = MustBuild();
  const ClientKeyEntry* found = snapshot->FindClientKey(crypto::Sha256("app-key"));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "app");
  EXPECT_EQ(found->expires_at, absl::FromUnixMillis(1'000'500));
  EXPECT_TRUE(found->MayUse("openai"));
  EXPECT_FALSE(found->MayUse("other"));
  EXPECT_EQ(snapshot->FindClientKey(crypto::Sha256("app-kez")), nullptr);
}

TEST_F(SnapshotBuilderTest, AKeyWithoutProvidersMayUseAll) {
  const auto snapshot = MustBuild();
  const ClientKeyEntry* found = snapshot->FindClientKey(crypto::Sha256("app-key"));
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(found->MayUse("anything"));
  EXPECT_EQ(found->expires_at, absl::InfiniteFuture());
}

TEST_F(SnapshotBuilderTest, LeavesOutDisabledAndRevokedClientKeys) {
  test::AddClientKey(configuration_, "off", "off-key")->mutable_key()->set_enabled(false);
  test::AddClientKey(configuration_, "gone", "gone-key")
      ->mutable_key()
      ->mutable_revoked_at()
      ->set_seconds(5);
  const auto snapshot = MustBuild();
  EXPECT_EQ(snapshot->FindClientKey(crypto::Sha256("off-key")), nullptr);
  EXPECT_EQ(snapshot->FindClientKey(crypto::Sha256("gone-key")), nullptr);
  EXPECT_EQ(snapshot->client_key_count(), 2U) << "the disabled one too";
}

TEST_F(SnapshotBuilderTest, KeepsGuardsAcrossSnapshots) {
  const auto first = MustBuild();
  test::AddProvider(configuration_, "second");
  const auto next = MustBuild();
  EXPECT_EQ(first->FindProvider("openai")->guards, next->FindProvider("openai")->guards);
  EXPECT_NE(next->FindProvider("openai")->guards, next->FindProvider("second")->guards);
  EXPECT_EQ(live_.size(), 2U);
}

TEST_F(SnapshotBuilderTest, KeepsTheGuardOfADisabledProviderAndDropsThatOfADeletedOne) {
  test::AddProvider(configuration_, "second");
  const auto before = MustBuild();
  configuration_.mutable_providers(0)->set_enabled(false);
  configuration_.mutable_providers()->RemoveLast();
  MustBuild();
  EXPECT_EQ(live_.size(), 1U);
  configuration_.mutable_providers(0)->set_enabled(true);
  EXPECT_EQ(MustBuild()->FindProvider("openai")->guards, before->FindProvider("openai")->guards);
}

TEST_F(SnapshotBuilderTest, AKeysStateOutlivesAPushAndEndsWithItsText) {
  auto* key = configuration_.mutable_provider_keys(0)->mutable_key();
  key->set_generation(1);
  const auto first = MustBuild();
  key->set_weight(7);
  const auto second = MustBuild();
  const auto& before = first->FindProvider("openai")->pooled;
  const auto& after = second->FindProvider("openai")->pooled;
  ASSERT_EQ(after.size(), second->FindProvider("openai")->keys.size());
  EXPECT_EQ(before[0].state, after[0].state);
  EXPECT_EQ(before[0].weight, 1U);
  EXPECT_EQ(after[0].weight, 7U);
  EXPECT_EQ(after[0].state->id(), second->FindProvider("openai")->keys[0].id);
  key->set_generation(2);
  const auto third = MustBuild();
  EXPECT_NE(third->FindProvider("openai")->pooled[0].state, after[0].state);
  EXPECT_EQ(live_.KeyStates().size(), static_cast<size_t>(configuration_.provider_keys_size()));
  key->set_enabled(false);
  MustBuild();
  EXPECT_NE(live_.FindKeyState(key->id()), nullptr) << "it may be enabled again";
  configuration_.clear_provider_keys();
  MustBuild();
  EXPECT_TRUE(live_.KeyStates().empty());
}

TEST_F(SnapshotBuilderTest, TakesWhatGuardsAProvider) {
  const auto unguarded = MustBuild();
  const ProviderEntry& plain = *unguarded->FindProvider("openai");
  EXPECT_EQ(plain.key_strategy, guard::KeyStrategy::kRoundRobin);
  EXPECT_EQ(plain.retries.max_attempts, 2);
  EXPECT_FALSE(plain.retries.repeat_unsafe);
  EXPECT_TRUE(plain.breaker.enabled);
  EXPECT_EQ(plain.max_concurrent, guard::InFlightGate::kNoLimit);
  auto* provider = configuration_.mutable_providers(0);
  provider->set_key_strategy(v1::KEY_STRATEGY_STICKY);
  provider->mutable_retries()->set_max_attempts(5);
  provider->mutable_breaker()->set_failure_percent(20);
  provider->mutable_breaker()->mutable_open_for()->set_nanos(250'000'000);
  provider->set_max_concurrent(12);
  const auto snapshot = MustBuild();
  const ProviderEntry& guarded = *snapshot->FindProvider("openai");
  EXPECT_EQ(guarded.key_strategy, guard::KeyStrategy::kSticky);
  EXPECT_EQ(guarded.retries.max_attempts, 5);
  EXPECT_EQ(guarded.breaker.failure_percent, 20);
  EXPECT_EQ(guarded.breaker.open_for, std::chrono::milliseconds(250));
  EXPECT_EQ(guarded.max_concurrent, 12);
}

struct Breach {
  const char* name;
  std::function<void(v1::Configuration&)> bend;
  const char* resource;
};

class RefusedConfiguration : public ::testing::TestWithParam<Breach> {};

TEST_P(RefusedConfiguration, IsNamedAndChangesNothing) {
  v1::Configuration configuration = test::SampleConfiguration();
  GetParam().bend(configuration);
  LiveState live;
  const auto guards = live.GuardsOf("kept");
  std::vector<wire::Violation> violations;
  const auto built =
      SnapshotBuilder::Build(configuration, "e", 1, std::string(32, 'h'), live, &violations);
  ASSERT_EQ(built.status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_FALSE(violations.empty());
  EXPECT_THAT(violations[0].resource, HasSubstr(GetParam().resource));
  EXPECT_FALSE(violations[0].reason.empty());
  EXPECT_THAT(std::string(built.status().message()), HasSubstr(violations[0].reason));
  EXPECT_THAT(std::string(built.status().message()),
              ::testing::Not(HasSubstr(test::kProviderSecret)));
  EXPECT_EQ(live.GuardsOf("kept"), guards);
  EXPECT_EQ(live.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedConfiguration,
    ::testing::Values(
        Breach{"UnknownPreset", [](auto& c) { c.mutable_providers(0)->set_preset("nobody"); },
               "openai"},
        Breach{"FileUrl", [](auto& c) { c.mutable_providers(0)->set_base_url("file:///etc"); },
               "openai"},
        Breach{"SameNameTwice", [](auto& c) { test::AddProvider(c, "openai"); }, "openai"},
        Breach{"KeyOfNoProvider", [](auto& c) { test::AddProviderKey(c, "nobody", "k"); },
               "nobody"},
        Breach{"ShortDigest", [](auto& c) { c.mutable_client_keys(0)->set_sha256("short"); },
               "app"},
        Breach{"SettingOutOfRange", [](auto& c) { c.mutable_settings()->set_max_header_fields(1); },
               "settings"}),
    [](const auto& info) { return info.param.name; });

TEST(SnapshotBuilder, BuildsTheEmptyConfiguration) {
  LiveState live;
  const auto built = SnapshotBuilder::Build({}, "e", 1, std::string(32, 'h'), live);
  ASSERT_TRUE(built.ok()) << built.status();
  EXPECT_TRUE((*built)->passthrough_enabled());
  EXPECT_THAT((*built)->providers(), IsEmpty());
  EXPECT_EQ((*built)->client_key_count(), 0U);
}

}  // namespace
}  // namespace sluice::config
