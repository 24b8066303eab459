#include "dataplane/observe/spool_segment.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/base/file.h"
#include "tests/support/temp_folder.h"

namespace sluice::observe {
namespace {

using fleet::v1::UsageRecord;

class SpoolSegmentTest : public ::testing::Test {
 protected:
  static UsageRecord Record(int64_t number) {
    UsageRecord record;
    record.set_requests(1);
    record.set_input_tokens(number);
    record.set_client_key_id("key");
    return record;
  }
  // Of records 1 to `count`; its path.
  std::string Written(int count) {
    auto segment = SpoolSegment::Create(folder_.path());
    EXPECT_TRUE(segment.ok()) << segment.status();
    for (int i = 1; i <= count; ++i) EXPECT_TRUE(segment->Append(EncodeSpooled(Record(i)), 1).ok());
    return segment->path();
  }
  static std::vector<int64_t> Numbers(const SpoolSegment& segment, size_t most = 100,
                                      size_t most_bytes = 1 << 20) {
    auto records = segment.Peek(most, most_bytes);
    EXPECT_TRUE(records.ok()) << records.status();
    std::vector<int64_t> numbers;
    for (const UsageRecord& record : *records) numbers.push_back(record.input_tokens());
    return numbers;
  }

  test::TempFolder folder_;
};

TEST_F(SpoolSegmentTest, WhatWasAppendedIsReadBackInOrder) {
  auto segment = SpoolSegment::Open(Written(3));
  ASSERT_TRUE(segment.ok()) << segment.status();
  EXPECT_EQ(segment->records(), 3);
  EXPECT_EQ(segment->id().size(), SpoolSegment::kIdBytes);
  EXPECT_EQ(segment->damage(), "");
  EXPECT_EQ(Numbers(*segment), (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(Numbers(*segment, 2), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(Numbers(*segment, 100, 1), (std::vector<int64_t>{1})) << "at least one";
  ASSERT_TRUE(segment->Acknowledge(2).ok());
  EXPECT_EQ(Numbers(*segment), (std::vector<int64_t>{3}));
  ASSERT_TRUE(segment->Acknowledge(1).ok()) << "what is acknowledged stays so";
  EXPECT_EQ(segment->acknowledged(), 2);
  ASSERT_TRUE(segment->Acknowledge(99).ok());
  EXPECT_EQ(segment->acknowledged(), 3);
}

TEST_F(SpoolSegmentTest, CutOffAnywhereItKeepsTheWholeRecordsBefore) {
  const std::string path = Written(3);
  const auto whole = base::ReadFile(path);
  ASSERT_TRUE(whole.ok());
  const size_t header = 1 + SpoolSegment::kIdBytes;
  const size_t each = (whole->size() - header) / 3;
  for (size_t size = header; size < whole->size(); ++size) {
    std::filesystem::resize_file(path, size);
    auto segment = SpoolSegment::Open(path);
    ASSERT_TRUE(segment.ok()) << segment.status();
    EXPECT_EQ(segment->records(), static_cast<int64_t>((size - header) / each)) << size;
    EXPECT_EQ(segment->damage(), "") << size;
    std::ofstream(path, std::ios::binary) << *whole;
  }
  for (size_t size = 0; size < header; ++size) {
    std::filesystem::resize_file(path, size);
    EXPECT_FALSE(SpoolSegment::Open(path).ok()) << size;
  }
}

TEST_F(SpoolSegmentTest, AnyFlippedByteOfARecordIsSeen) {
  const std::string path = Written(2);
  const auto whole = base::ReadFile(path);
  ASSERT_TRUE(whole.ok());
  const size_t header = 1 + SpoolSegment::kIdBytes;
  const size_t each = (whole->size() - header) / 2;
  for (size_t at = header; at < header + each; ++at) {
    std::string damaged = *whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    std::ofstream(path, std::ios::binary) << damaged;
    auto segment = SpoolSegment::Open(path);
    ASSERT_TRUE(segment.ok()) << segment.status();
    EXPECT_EQ(segment->records(), 0) << at;
  }
}

TEST_F(SpoolSegmentTest, AFileOfSomethingElseIsRefused) {
  ASSERT_TRUE(folder_.Write("x.spool", std::string(64, 'x')));
  const auto segment = SpoolSegment::Open(folder_.File("x.spool"));
  EXPECT_EQ(segment.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SpoolSegmentTest, WhatFailsToBeWrittenLeavesNothingBehind) {
  auto segment = SpoolSegment::Create(folder_.path());
  ASSERT_TRUE(segment.ok());
  ASSERT_TRUE(segment->Append(EncodeSpooled(Record(1)), 1).ok());
  auto reader = SpoolSegment::Open(segment->path());  // opened for reading: it cannot append
  ASSERT_TRUE(reader.ok());
  EXPECT_FALSE(reader->Append(EncodeSpooled(Record(2)), 1).ok());
  EXPECT_EQ(reader->records(), 1);
  EXPECT_EQ(Numbers(*reader), (std::vector<int64_t>{1}));
}

}  // namespace
}  // namespace sluice::observe
