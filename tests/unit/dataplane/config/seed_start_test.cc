#include "dataplane/config/seed_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>
#include <sstream>

#include "common/base/file.h"
#include "common/wire/seed.h"
#include "dataplane/config/resume.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/dataplane/config/sample_configuration.h"

namespace sluice::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SeedStartTest : public ::testing::Test {
 protected:
  SeedStartTest() : former_log_(spdlog::default_logger()) {
    auto key = wire::CreateSeedKey(files_.key);
    EXPECT_TRUE(key.ok()) << key.status();
    key_ = *std::move(key);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)));
    Open();
  }
  ~SeedStartTest() override { spdlog::set_default_logger(former_log_); }

  void Open() {
    auto opened = LastKnownGood::Open(folder_.File("state"), clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    last_known_good_ = *std::move(opened);
  }
  static wire::Seed SeedOf(const v1::Configuration& configuration) {
    const wire::ResourceSet resources = test::ResourcesOf(configuration);
    return {"epoch", 42, resources.Hash(), "lineage", resources.Serialize()};
  }
  void Write(const wire::Seed& seed) {
    ASSERT_TRUE(base::WriteFileAtomically(files_.seed, wire::SealSeed(key_, seed)).ok());
  }
  std::optional<HeldConfiguration> Serve() {
    return ServeSeed(files_, *last_known_good_, live_state_, slot_);
  }
  // Nothing is served, nothing stored, and the log says why, without a secret.
  void ExpectRefused(const std::string& file, const std::string& why) {
    log_.str("");
    EXPECT_FALSE(Serve().has_value());
    EXPECT_EQ(slot_.Load(), nullptr);
    EXPECT_FALSE(std::filesystem::exists(folder_.File("state/last_known_good")));
    EXPECT_THAT(log_.str(), AllOf(HasSubstr("[error]"), HasSubstr(file), HasSubstr(why)));
    EXPECT_THAT(log_.str(), Not(HasSubstr("canary")));
  }

  test::TempFolder folder_;
  const SeedFiles files_{folder_.File("s.seed"), folder_.File("seed.key")};
  base::Secret key_;
  test::FakeClock clock_;
  LiveState live_state_;
  SnapshotSlot slot_;
  std::unique_ptr<LastKnownGood> last_known_good_;
  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> former_log_;
};

TEST_F(SeedStartTest, IsServedAndBecomesTheLastKnownGood) {
  Write(SeedOf(test::SampleConfiguration()));
  const auto held = Serve();
  ASSERT_TRUE(held.has_value()) << log_.str();
  EXPECT_EQ(held->stamp.epoch, "epoch");
  EXPECT_EQ(held->stamp.revision, 42);
  EXPECT_EQ(held->stamp.lineage, "lineage");
  ASSERT_NE(slot_.Load(), nullptr);
  EXPECT_EQ(slot_.Load()->revision(), 42);
  // A restart needs no seed.
  std::filesystem::remove(files_.seed);
  Open();
  SnapshotSlot later;
  EXPECT_TRUE(ServeLastKnownGood(*last_known_good_, live_state_, later).has_value());
  EXPECT_EQ(later.Load()->revision(), 42);
}

TEST_F(SeedStartTest, WithoutASeedThereIsNothingToSay) {
  EXPECT_FALSE(ServeSeed({}, *last_known_good_, live_state_, slot_).has_value());
  EXPECT_EQ(log_.str(), "");
}

TEST_F(SeedStartTest, MissingFilesAreNamed) {
  ExpectRefused(files_.seed, "cannot open");
  Write(SeedOf(test::SampleConfiguration()));
  std::filesystem::remove(files_.key);
  ExpectRefused(files_.key, "cannot open");
}

TEST_F(SeedStartTest, AWrongKeyOrADamagedSeedIsRefused) {
  Write(SeedOf(test::SampleConfiguration()));
  std::string bytes = *base::ReadFile(files_.seed);
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(base::WriteFileAtomically(files_.seed, bytes).ok());
  ExpectRefused(files_.seed, "damaged, or sealed under another seed key");
  Write(SeedOf(test::SampleConfiguration()));
  ASSERT_TRUE(base::WriteFileAtomically(files_.key, std::string(32, 'x')).ok());
  ExpectRefused(files_.seed, "another seed key");
  ASSERT_TRUE(base::WriteFileAtomically(files_.key, "short").ok());
  ExpectRefused(files_.key, "must hold 32 bytes");
  ASSERT_TRUE(base::WriteFileAtomically(files_.seed, "not a seed").ok());
  ASSERT_TRUE(base::WriteFileAtomically(files_.key, std::string(32, 'x')).ok());
  ExpectRefused(files_.seed, "it is not a seed");
}

TEST_F(SeedStartTest, WhatTheCheckerRefusesIsNeitherServedNorStored) {
  wire::Seed seed = SeedOf(test::SampleConfiguration());
  seed.hash = std::string(32, 'x');
  Write(seed);
  ExpectRefused(files_.seed, "does not have the hash");
  seed = SeedOf(test::SampleConfiguration());
  seed.bytes = base::Secret(std::string("\xff\xff\xff", 3));
  Write(seed);
  ExpectRefused(files_.seed, "not a configuration");
  v1::Configuration bad = test::SampleConfiguration();
  bad.mutable_providers(0)->set_preset("no-such-preset");
  Write(SeedOf(bad));
  ExpectRefused(files_.seed, "no-such-preset");
}

TEST_F(SeedStartTest, AStateFolderThatCannotBeWrittenIsSaid) {
  Write(SeedOf(test::SampleConfiguration()));
  std::filesystem::remove_all(folder_.File("state"));
  EXPECT_FALSE(Serve().has_value());
  EXPECT_EQ(slot_.Load(), nullptr);
  EXPECT_THAT(log_.str(), AllOf(HasSubstr(files_.seed), HasSubstr("cannot be stored")));
}

}  // namespace
}  // namespace sluice::config
