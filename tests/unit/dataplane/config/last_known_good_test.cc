#include "dataplane/config/last_known_good.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "common/base/file.h"
#include "common/base/text.h"
#include "dataplane/config/resume.h"
#include "dataplane/config/stored_form.h"
#include "sluice/fleet/v1/fleet.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/dataplane/config/last_known_good_fixture.h"
#include "tests/unit/dataplane/config/sample_configuration.h"

namespace sluice::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(LastKnownGoodTest, HasNothingAtTheFirstStart) {
  EXPECT_FALSE(MustOpen()->Load(AcceptAll).has_value());
}

TEST_F(LastKnownGoodTest, GivesBackWhatWasSaved) {
  {
    const auto file = MustOpen();
    ASSERT_TRUE(file->Save({"epoch-1", 42, kHash, "lin"}, "the bytes").ok());
  }
  const absl::Time saved_at = clock_.Now();
  clock_.Advance(absl::Hours(5));
  const auto file = MustOpen();
  const auto stored = file->Load(AcceptAll);
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->stamp.epoch, "epoch-1");
  EXPECT_EQ(stored->stamp.lineage, "lin");
  EXPECT_EQ(stored->stamp.revision, 42);
  EXPECT_EQ(stored->stamp.hash, kHash);
  EXPECT_TRUE(stored->deltas.empty());
  EXPECT_EQ(stored->bytes.Reveal(), "the bytes");
  EXPECT_EQ(stored->saved_at, saved_at);
  EXPECT_EQ(file->saved_at(), saved_at);
}

TEST_F(LastKnownGoodTest, SealsWhatItWritesAndKeepsItToItsOwner) {
  const auto file = MustOpen();
  ASSERT_TRUE(file->Save({"epoch-canary", 1, kHash, ""}, test::kProviderSecret).ok());
  const std::string content = Content("last_known_good");
  EXPECT_THAT(content, Not(HasSubstr(test::kProviderSecret)));
  EXPECT_THAT(content, Not(HasSubstr("epoch-canary")));
  for (const char* name : {"last_known_good", "node.key"}) {
    struct stat status {};
    ASSERT_EQ(stat(folder_.File(name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << name;
  }
}

TEST_F(LastKnownGoodTest, KeepsTheOneBefore) {
  const auto file = MustOpen();
  for (const int64_t revision : {1, 2, 3}) MustSave(*file, revision);
  EXPECT_EQ(LoadedRevision(), 3);
  std::filesystem::remove(folder_.File("last_known_good"));
  EXPECT_EQ(LoadedRevision(), 2);
}

TEST_F(LastKnownGoodTest, UsesTheOneBeforeWhenAnyByteOfTheNewestIsChanged) {
  const auto file = MustOpen();
  MustSave(*file, 1);
  MustSave(*file, 2);
  const std::string good = Content("last_known_good");
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x01);
    Put("last_known_good", bad);
    EXPECT_EQ(LoadedRevision(), 1) << "byte " << at;
  }
  Put("last_known_good", good);
  EXPECT_EQ(LoadedRevision(), 2);
}

TEST_F(LastKnownGoodTest, UsesTheOneBeforeWhereverTheNewestIsCut) {
  const auto file = MustOpen();
  MustSave(*file, 1);
  MustSave(*file, 2);
  const std::string good = Content("last_known_good");
  for (size_t size = 0; size < good.size(); ++size) {
    Put("last_known_good", good.substr(0, size));
    EXPECT_EQ(LoadedRevision(), 1) << size << " bytes";
  }
  Put("last_known_good", good + "x");
  EXPECT_EQ(LoadedRevision(), 1);
}

TEST_F(LastKnownGoodTest, LogsTheRefusedFileByName) {
  MustSave(*MustOpen(), 1);
  Put("last_known_good", "\x01garbage");
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(LoadedRevision(), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr(folder_.File("last_known_good")));
}

TEST_F(LastKnownGoodTest, RefusesAnotherFormat) {
  MustSave(*MustOpen(), 1);
  std::string bytes = Content("last_known_good");
  bytes[0] = 1;
  Put("last_known_good", bytes);
  EXPECT_EQ(LoadedRevision(), 0);
}

TEST_F(LastKnownGoodTest, RefusesWhatAnotherNodeSealed) {
  MustSave(*MustOpen(), 1);
  std::filesystem::remove(folder_.File("node.key"));
  EXPECT_EQ(LoadedRevision(), 0);
}

TEST_F(LastKnownGoodTest, ANodeKeyOfTheWrongSizeIsNamed) {
  Put("node.key", "short");
  const auto opened = LastKnownGood::Open(folder_.path(), clock_);
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr(folder_.File("node.key")));
}

TEST_F(LastKnownGoodTest, UsesTheOneBeforeWhenTheNewestIsNotAccepted) {
  const auto file = MustOpen();
  MustSave(*file, 1);
  MustSave(*file, 2);
  const auto stored = MustOpen()->Load([](const StoredConfiguration& candidate) {
    return candidate.stamp.revision == 2 ? absl::InvalidArgumentError("no") : absl::OkStatus();
  });
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->stamp.revision, 1);
}

TEST_F(LastKnownGoodTest, ADamagedNewestDoesNotPushOutTheGoodOneBefore) {
  {
    const auto file = MustOpen();
    MustSave(*file, 1);
    MustSave(*file, 2);
  }
  Put("last_known_good", "damaged");
  const auto file = MustOpen();
  ASSERT_EQ(file->Load(AcceptAll)->stamp.revision, 1);
  MustSave(*file, 3);
  EXPECT_EQ(LoadedRevision(), 3);
  Put("last_known_good", "damaged again");
  EXPECT_EQ(LoadedRevision(), 1);
}

TEST_F(LastKnownGoodTest, AFailedSaveLeavesWhatWasThere) {
  const auto file = MustOpen();
  MustSave(*file, 1);
  // Even root cannot replace a folder by a file.
  std::filesystem::create_directory(folder_.File("last_known_good.next"));
  std::filesystem::create_directory(folder_.File("last_known_good.next/x"));
  EXPECT_FALSE(file->Save(Stamp(2), "2").ok());
  EXPECT_EQ(LoadedRevision(), 1);
  std::filesystem::remove_all(folder_.File("last_known_good.next"));
  MustSave(*file, 3);
  EXPECT_EQ(LoadedRevision(), 3);
}

TEST_F(LastKnownGoodTest, SavesAgainAfterTheNewestWasTakenAway) {
  const auto file = MustOpen();
  MustSave(*file, 1);
  std::filesystem::remove(folder_.File("last_known_good"));
  MustSave(*file, 2);
  EXPECT_EQ(LoadedRevision(), 2);
}

TEST(StoredForm, RefusesLengthsThatDoNotFit) {
  const base::Secret text = EncodeStored(Stamp(1), absl::UnixEpoch(), "bytes");
  const std::string whole(text.Reveal());
  ASSERT_TRUE(DecodeStored(whole).ok());
  for (size_t size = 0; size < whole.size() - 5; ++size) {
    EXPECT_FALSE(DecodeStored(whole.substr(0, size)).ok()) << size;
  }
  std::string huge = whole;
  for (int i = 16; i < 28; ++i) huge[i] = '\xff';
  EXPECT_FALSE(DecodeStored(huge).ok());
}

class ResumeTest : public LastKnownGoodTest {
 protected:
  absl::Status SaveWhole(LastKnownGood& file, int64_t revision,
                         const v1::Configuration& configuration) {
    const wire::ResourceSet resources = test::ResourcesOf(configuration);
    return file.Save(Stamp(revision, resources.Hash()), resources.Serialize().Reveal());
  }
};

TEST_F(ResumeTest, ServesWhatTheJournalMakesOfIt) {
  const auto file = MustOpen();
  ASSERT_TRUE(SaveWhole(*file, 5, test::SampleConfiguration()).ok());
  v1::Configuration next = test::SampleConfiguration();
  const v1::ClientKeyEntry& added = *test::AddClientKey(next, "later", "later-key");
  fleet::v1::Delta delta;
  auto* change = delta.add_changes();
  change->set_kind(v1::RESOURCE_KIND_CLIENT_KEY);
  change->set_id(added.key().id());
  change->set_resource(wire::SerializeCanonical(added));
  const std::string hash = test::ResourcesOf(next).Hash();
  ASSERT_TRUE(file->Append(Stamp(6, hash), delta.SerializeAsString()).ok());
  LiveState live;
  SnapshotSlot slot;
  const auto held = ServeLastKnownGood(*MustOpen(), live, slot);
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->stamp.revision, 6);
  EXPECT_EQ(held->resources.Hash(), hash);
  EXPECT_EQ(slot.Load()->hash(), hash);
  EXPECT_NE(slot.Load()->FindClientKey(crypto::Sha256("later-key")), nullptr);
}

TEST_F(ResumeTest, RefusesWhatDoesNotHaveItsHash) {
  const auto file = MustOpen();
  ASSERT_TRUE(SaveWhole(*file, 1, test::SampleConfiguration()).ok());
  ASSERT_TRUE(file->Save(Stamp(2), test::BytesOf(test::SampleConfiguration())).ok());
  LiveState live;
  SnapshotSlot slot;
  ASSERT_TRUE(ServeLastKnownGood(*MustOpen(), live, slot).has_value());
  EXPECT_EQ(slot.Load()->revision(), 1);
}

TEST_F(ResumeTest, ServesTheStoredConfiguration) {
  ASSERT_TRUE(SaveWhole(*MustOpen(), 5, test::SampleConfiguration()).ok());
  LiveState live;
  SnapshotSlot slot;
  const auto file = MustOpen();
  ASSERT_TRUE(ServeLastKnownGood(*file, live, slot));
  ASSERT_NE(slot.Load(), nullptr);
  EXPECT_EQ(slot.Load()->revision(), 5);
  EXPECT_NE(slot.Load()->FindClientKey(crypto::Sha256("app-key")), nullptr);
}

TEST_F(ResumeTest, PublishesNothingWhereNothingIsStored) {
  LiveState live;
  SnapshotSlot slot;
  EXPECT_FALSE(ServeLastKnownGood(*MustOpen(), live, slot));
  EXPECT_EQ(slot.Load(), nullptr);
}

TEST_F(ResumeTest, UsesTheOneBeforeWhenTheNewestBreaksARule) {
  v1::Configuration broken = test::SampleConfiguration();
  broken.mutable_providers(0)->set_preset("nobody");
  {
    const auto file = MustOpen();
    ASSERT_TRUE(SaveWhole(*file, 1, test::SampleConfiguration()).ok());
    ASSERT_TRUE(SaveWhole(*file, 2, broken).ok());
  }
  LiveState live;
  SnapshotSlot slot;
  ASSERT_TRUE(ServeLastKnownGood(*MustOpen(), live, slot));
  EXPECT_EQ(slot.Load()->revision(), 1);
}

}  // namespace
}  // namespace sluice::config
