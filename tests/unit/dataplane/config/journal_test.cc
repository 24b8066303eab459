// The journal beside a last-known-good file.
#include "dataplane/config/journal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/unit/dataplane/config/last_known_good_fixture.h"

namespace sluice::config {
namespace {

class JournalTest : public LastKnownGoodTest {
 protected:
  static std::string Hash(int64_t revision) {
    return std::string(32, static_cast<char>('a' + revision));
  }
  // Revision 1 as a whole, and the changes up to `last`.
  void Write(LastKnownGood& file, int64_t last) {
    ASSERT_TRUE(file.Save(Stamp(1, Hash(1)), "whole").ok());
    for (int64_t revision = 2; revision <= last; ++revision) {
      ASSERT_TRUE(file.CanAppend());
      ASSERT_TRUE(file.Append(Stamp(revision, Hash(revision)), base::Cat("d", revision)).ok());
    }
  }
};

TEST_F(JournalTest, GivesBackTheChangesInTheirOrder) {
  Write(*MustOpen(), 4);
  const auto file = MustOpen();
  const auto stored = file->Load(AcceptAll);
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->stamp.revision, 4);
  EXPECT_EQ(stored->stamp.hash, Hash(4));
  EXPECT_EQ(stored->stamp.lineage, "lineage 4");
  EXPECT_EQ(stored->bytes.Reveal(), "whole");
  ASSERT_EQ(stored->deltas.size(), 3U);
  EXPECT_EQ(stored->deltas[0].Reveal(), "d2");
  EXPECT_EQ(stored->deltas[2].Reveal(), "d4");
  ASSERT_TRUE(file->CanAppend()) << "it goes on where it ended";
  ASSERT_TRUE(file->Append(Stamp(5, Hash(5)), "d5").ok());
  EXPECT_EQ(LoadedRevision(), 5);
}

TEST_F(JournalTest, WhereverItIsCutItGivesWhatWasWhole) {
  Write(*MustOpen(), 4);
  const std::string whole = Content("last_known_good.journal");
  int64_t last = 1;
  for (size_t size = 0; size <= whole.size(); ++size) {
    Put("last_known_good.journal", whole.substr(0, size));
    const int64_t loaded = LoadedRevision();
    EXPECT_GE(loaded, last) << size;
    last = loaded;
    const auto file = MustOpen();
    ASSERT_TRUE(file->Load(AcceptAll).has_value());
    if (!file->CanAppend()) continue;
    // What was cut off does not come back behind what is appended now.
    ASSERT_TRUE(file->Append(Stamp(9, Hash(9)), "d9").ok());
    EXPECT_EQ(LoadedRevision(), 9) << size;
  }
  EXPECT_EQ(last, 4);
}

TEST_F(JournalTest, AnyChangedByteEndsItThere) {
  Write(*MustOpen(), 4);
  const std::string good = Content("last_known_good.journal");
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x01);
    Put("last_known_good.journal", bad);
    const auto stored = MustOpen()->Load(AcceptAll);
    ASSERT_TRUE(stored.has_value()) << at;
    EXPECT_LT(stored->stamp.revision, 4) << at;
    EXPECT_EQ(stored->deltas.size(), static_cast<size_t>(stored->stamp.revision - 1)) << at;
  }
}

TEST_F(JournalTest, RecordsCannotBeLeftOutOrMoved) {
  Write(*MustOpen(), 3);
  const std::string three = Content("last_known_good.journal");
  // The header, then two records of one size.
  const size_t header = 13;
  const size_t record = (three.size() - header) / 2;
  Put("last_known_good.journal", three.substr(0, header) + three.substr(header + record));
  EXPECT_EQ(LoadedRevision(), 1);
  Put("last_known_good.journal", three + three.substr(header + record));
  EXPECT_EQ(LoadedRevision(), 3);
}

TEST_F(JournalTest, AJournalOfAnotherFileIsNotUsed) {
  const auto file = MustOpen();
  Write(*file, 3);
  const std::string old = Content("last_known_good.journal");
  ASSERT_TRUE(file->Save(Stamp(7, Hash(1)), "the same hash as revision 1").ok());
  Put("last_known_good.journal", old);
  EXPECT_EQ(LoadedRevision(), 7);
}

TEST_F(JournalTest, TheOneBeforeKeepsItsOwn) {
  const auto file = MustOpen();
  Write(*file, 3);
  ASSERT_TRUE(file->Save(Stamp(4, Hash(4)), "four").ok());
  ASSERT_TRUE(file->Append(Stamp(5, Hash(5)), "d5").ok());
  EXPECT_EQ(LoadedRevision(), 5);
  Put("last_known_good", "damaged");
  EXPECT_EQ(LoadedRevision(), 3);
}

// The process ended between two renames of a save.
TEST_F(JournalTest, ACrashInASaveLosesNothing) {
  Write(*MustOpen(), 3);
  std::filesystem::rename(folder_.File("last_known_good"),
                          folder_.File("last_known_good.previous"));
  EXPECT_EQ(LoadedRevision(), 3);
}

TEST_F(JournalTest, ItIsTimeForASaveWhenItIsLong) {
  const auto file = MustOpen();
  Write(*file, 1);
  int64_t revision = 1;
  while (file->CanAppend() && revision < 100) {
    ++revision;
    ASSERT_TRUE(file->Append(Stamp(revision, Hash(revision % 20)), std::string(100'000, 'x')).ok());
  }
  EXPECT_GT(revision, 10);
  EXPECT_LT(revision, 14) << "a mebibyte";
  ASSERT_TRUE(file->Save(Stamp(200, Hash(0)), "whole").ok());
  EXPECT_TRUE(file->CanAppend());
  EXPECT_EQ(LoadedRevision(), 200);
}

TEST_F(JournalTest, WithoutAGoodFileThereIsNothingToAppendTo) {
  const auto empty = MustOpen();
  EXPECT_FALSE(empty->CanAppend());
  EXPECT_FALSE(empty->Append(Stamp(1), "d").ok());
  {
    const auto file = MustOpen();
    Write(*file, 2);
    ASSERT_TRUE(file->Save(Stamp(3, Hash(3)), "three").ok());
  }
  Put("last_known_good", "damaged");
  const auto file = MustOpen();
  ASSERT_TRUE(file->Load(AcceptAll).has_value());
  EXPECT_FALSE(file->CanAppend()) << "the previous one is not the place for it";
}

}  // namespace
}  // namespace sluice::config
