#include "dataplane/config/last_known_good.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "common/base/file.h"
#include "common/base/text.h"
#include "dataplane/config/resume.h"
#include "dataplane/config/stored_form.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/dataplane/config/sample_configuration.h"

namespace sluice::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHash(32, 'h');

absl::Status AcceptAll(const StoredConfiguration&) { return absl::OkStatus(); }

class LastKnownGoodTest : public ::testing::Test {
 protected:
  std::unique_ptr<LastKnownGood> MustOpen() {
    auto opened = LastKnownGood::Open(folder_.path(), clock_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  void MustSave(LastKnownGood& file, int64_t revision) {
    const absl::Status saved =
        file.Save("epoch", revision, kHash, base::Cat("bytes of ", revision));
    ASSERT_TRUE(saved.ok()) << saved;
  }
  std::string Content(const std::string& name) {
    auto bytes = base::ReadFile(folder_.File(name));
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return bytes.ok() ? *bytes : "";
  }
  void Put(const std::string& name, const std::string& bytes) {
    const absl::Status written = base::WriteFileAtomically(folder_.File(name), bytes);
    ASSERT_TRUE(written.ok()) << written;
  }
  // What a start would serve; 0: nothing.
  int64_t LoadedRevision() {
    const auto stored = MustOpen()->Load(AcceptAll);
    return stored.has_value() ? stored->revision : 0;
  }

  test::TempFolder folder_;
  test::FakeClock clock_;
};

TEST_F(LastKnownGoodTest, HasNothingAtTheFirstStart) {
  EXPECT_FALSE(MustOpen()->Load(AcceptAll).has_value());
}

TEST_F(LastKnownGoodTest, GivesBackWhatWasSaved) {
  {
    const auto file = MustOpen();
    ASSERT_TRUE(file->Save("epoch-1", 42, kHash, "the bytes").ok());
  }
  const absl::Time saved_at = clock_.Now();
  clock_.Advance(absl::Hours(5));
  const auto file = MustOpen();
  const auto stored = file->Load(AcceptAll);
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->epoch, "epoch-1");
  EXPECT_EQ(stored->revision, 42);
  EXPECT_EQ(stored->hash, kHash);
  EXPECT_EQ(stored->bytes.Reveal(), "the bytes");
  EXPECT_EQ(stored->saved_at, saved_at);
  EXPECT_EQ(file->saved_at(), saved_at);
}

TEST_F(LastKnownGoodTest, SealsWhatItWritesAndKeepsItToItsOwner) {
  const auto file = MustOpen();
  ASSERT_TRUE(file->Save("epoch-canary", 1, kHash, test::kProviderSecret).ok());
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
  bytes[0] = 2;
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
    return candidate.revision == 2 ? absl::InvalidArgumentError("no") : absl::OkStatus();
  });
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->revision, 1);
}

TEST_F(LastKnownGoodTest, ADamagedNewestDoesNotPushOutTheGoodOneBefore) {
  {
    const auto file = MustOpen();
    MustSave(*file, 1);
    MustSave(*file, 2);
  }
  Put("last_known_good", "damaged");
  const auto file = MustOpen();
  ASSERT_EQ(file->Load(AcceptAll)->revision, 1);
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
  EXPECT_FALSE(file->Save("epoch", 2, kHash, "2").ok());
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
  const base::Secret text = EncodeStored("epoch", 1, kHash, absl::UnixEpoch(), "bytes");
  const std::string whole(text.Reveal());
  ASSERT_TRUE(DecodeStored(whole).ok());
  for (size_t size = 0; size < whole.size() - 5; ++size) {
    EXPECT_FALSE(DecodeStored(whole.substr(0, size)).ok()) << size;
  }
  std::string huge = whole;
  for (int i = 16; i < 24; ++i) huge[i] = '\xff';
  EXPECT_FALSE(DecodeStored(huge).ok());
}

class ResumeTest : public LastKnownGoodTest {};

TEST_F(ResumeTest, ServesTheStoredConfiguration) {
  ASSERT_TRUE(MustOpen()->Save("epoch", 5, kHash, test::BytesOf(test::SampleConfiguration())).ok());
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
    ASSERT_TRUE(file->Save("e", 1, kHash, test::BytesOf(test::SampleConfiguration())).ok());
    ASSERT_TRUE(file->Save("e", 2, kHash, test::BytesOf(broken)).ok());
  }
  LiveState live;
  SnapshotSlot slot;
  ASSERT_TRUE(ServeLastKnownGood(*MustOpen(), live, slot));
  EXPECT_EQ(slot.Load()->revision(), 1);
}

}  // namespace
}  // namespace sluice::config
