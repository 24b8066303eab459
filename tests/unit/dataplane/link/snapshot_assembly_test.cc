#include "dataplane/link/snapshot_assembly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace sluice::link {
namespace {

using ::testing::HasSubstr;

constexpr size_t kMaxBytes = size_t{4} << 20;

fleet::v1::Snapshot Piece(int32_t chunk, int32_t count, const std::string& bytes,
                          int64_t revision = 5) {
  fleet::v1::Snapshot piece;
  piece.set_epoch("epoch");
  piece.set_revision(revision);
  piece.set_hash(std::string(32, 'h'));
  piece.set_chunk(chunk);
  piece.set_chunk_count(count);
  piece.set_bytes(bytes);
  return piece;
}

bool WantsMore(const SnapshotAssembly::Result& result) {
  return !result.whole.has_value() && !result.refusal.has_value();
}

TEST(SnapshotAssembly, PutsPiecesTogetherInOrder) {
  SnapshotAssembly assembly(kMaxBytes);
  EXPECT_TRUE(WantsMore(assembly.Add(Piece(0, 3, "one "))));
  EXPECT_TRUE(WantsMore(assembly.Add(Piece(1, 3, "two "))));
  const auto result = assembly.Add(Piece(2, 3, "three"));
  ASSERT_TRUE(result.whole.has_value());
  EXPECT_EQ(result.whole->bytes.Reveal(), "one two three");
  EXPECT_EQ(result.whole->stamp.epoch, "epoch");
  EXPECT_EQ(result.whole->stamp.revision, 5);
  EXPECT_EQ(result.whole->stamp.hash, std::string(32, 'h'));
}

TEST(SnapshotAssembly, TakesAnEmptyConfiguration) {
  SnapshotAssembly assembly(kMaxBytes);
  const auto result = assembly.Add(Piece(0, 1, ""));
  ASSERT_TRUE(result.whole.has_value());
  EXPECT_TRUE(result.whole->bytes.Reveal().empty());
}

TEST(SnapshotAssembly, TakesTheNextSnapshotAfterAWholeOne) {
  SnapshotAssembly assembly(kMaxBytes);
  EXPECT_TRUE(assembly.Add(Piece(0, 1, "a")).whole.has_value());
  const auto result = assembly.Add(Piece(0, 1, "b", 6));
  ASSERT_TRUE(result.whole.has_value());
  EXPECT_EQ(result.whole->bytes.Reveal(), "b");
  EXPECT_EQ(result.whole->stamp.revision, 6);
}

TEST(SnapshotAssembly, APieceZeroBeginsAnew) {
  SnapshotAssembly assembly(kMaxBytes);
  EXPECT_TRUE(WantsMore(assembly.Add(Piece(0, 3, "old"))));
  EXPECT_TRUE(WantsMore(assembly.Add(Piece(0, 2, "new ", 6))));
  const auto result = assembly.Add(Piece(1, 2, "one", 6));
  ASSERT_TRUE(result.whole.has_value());
  EXPECT_EQ(result.whole->bytes.Reveal(), "new one");
}

TEST(SnapshotAssembly, AnswersABrokenSnapshotOnceAndTakesTheNext) {
  SnapshotAssembly assembly(kMaxBytes);
  EXPECT_TRUE(WantsMore(assembly.Add(Piece(0, 4, "a"))));
  EXPECT_TRUE(assembly.Add(Piece(2, 4, "c")).refusal.has_value());
  EXPECT_TRUE(WantsMore(assembly.Add(Piece(3, 4, "d"))));
  EXPECT_TRUE(WantsMore(assembly.Add(Piece(1, 4, "b"))));
  EXPECT_TRUE(assembly.Add(Piece(0, 1, "next", 6)).whole.has_value());
}

TEST(SnapshotAssembly, ForgetsWhatWasBegunWhenCleared) {
  SnapshotAssembly assembly(kMaxBytes);
  EXPECT_TRUE(WantsMore(assembly.Add(Piece(0, 2, "a"))));
  assembly.Clear();
  EXPECT_TRUE(assembly.Add(Piece(1, 2, "b")).refusal.has_value());
}

TEST(SnapshotAssembly, HoldsTheWholeToItsBound) {
  SnapshotAssembly assembly(10);
  EXPECT_TRUE(WantsMore(assembly.Add(Piece(0, 3, "12345"))));
  EXPECT_TRUE(WantsMore(assembly.Add(Piece(1, 3, "67890"))));
  const auto result = assembly.Add(Piece(2, 3, "1"));
  ASSERT_TRUE(result.refusal.has_value());
  EXPECT_THAT(*result.refusal, HasSubstr("more than 10 bytes"));
  EXPECT_TRUE(assembly.Add(Piece(0, 1, "1234567890")).whole.has_value());
}

struct Wrong {
  const char* name;
  std::function<void(fleet::v1::Snapshot&)> bend;
  const char* says;
};

class WrongPiece : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongPiece, IsRefusedWithItsReason) {
  SnapshotAssembly assembly(kMaxBytes);
  ASSERT_TRUE(WantsMore(assembly.Add(Piece(0, 3, "a"))));
  fleet::v1::Snapshot piece = Piece(1, 3, "b");
  GetParam().bend(piece);
  const auto result = assembly.Add(piece);
  ASSERT_TRUE(result.refusal.has_value());
  EXPECT_FALSE(result.whole.has_value());
  EXPECT_THAT(*result.refusal, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongPiece,
    ::testing::Values(
        Wrong{"Skipped", [](auto& p) { p.set_chunk(2); }, "piece 2 came where piece 1 was due"},
        Wrong{"BeyondTheCount", [](auto& p) { p.set_chunk(3); }, "does not exist"},
        Wrong{"Negative", [](auto& p) { p.set_chunk(-1); }, "does not exist"},
        Wrong{"OtherCount", [](auto& p) { p.set_chunk_count(4); }, "another snapshot"},
        Wrong{"OtherRevision", [](auto& p) { p.set_revision(6); }, "another snapshot"},
        Wrong{"OtherEpoch", [](auto& p) { p.set_epoch("x"); }, "another snapshot"},
        Wrong{"OtherHash", [](auto& p) { p.set_hash(std::string(32, 'x')); }, "another snapshot"},
        Wrong{"Empty", [](auto& p) { p.clear_bytes(); }, "is empty"},
        Wrong{"TooBig", [](auto& p) { p.set_bytes(std::string((1 << 20) + 1, 'x')); },
              "at most 1048576"}),
    [](const auto& info) { return info.param.name; });

TEST(SnapshotAssembly, RefusesAFirstPieceWithoutIdentity) {
  for (const int field : {0, 1, 2, 3}) {
    fleet::v1::Snapshot piece = Piece(0, 1, "a");
    if (field == 0) piece.clear_epoch();
    if (field == 1) piece.set_revision(-1);
    if (field == 2) piece.set_hash("short");
    if (field == 3) piece.set_chunk_count(0);
    SnapshotAssembly assembly(kMaxBytes);
    EXPECT_TRUE(assembly.Add(piece).refusal.has_value()) << field;
  }
}

}  // namespace
}  // namespace sluice::link
