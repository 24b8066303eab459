#include "dataplane/observe/usage_spool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <random>

#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace sluice::observe {
namespace {

using fleet::v1::UsageBatch;
using fleet::v1::UsageRecord;

UsageRecord Record(int64_t number, const std::string& key = "key") {
  UsageRecord record;
  record.mutable_ended_at()->set_seconds(7200);
  record.set_requests(1);
  record.set_client_key_id(key);
  record.set_input_tokens(number);
  return record;
}

fleet::v1::UsageAck AckOf(const UsageBatch& batch) {
  fleet::v1::UsageAck ack;
  ack.set_segment(batch.segment());
  ack.set_stored(batch.first() + batch.records_size() - 1);
  return ack;
}

// A control plane's part: each record of each segment once, whatever it is sent.
class Ledger {
 public:
  void Take(const UsageBatch& batch) {
    int64_t number = batch.first();
    int64_t& stored = stored_[batch.segment()];
    EXPECT_LE(number, stored + 1) << "nothing may be left out";
    for (const UsageRecord& record : batch.records()) {
      if (number++ <= stored) continue;
      ++stored;
      requests += record.requests();
      input += record.input_tokens();
      records.push_back(record);
    }
  }

  int64_t requests = 0;
  int64_t input = 0;
  std::vector<UsageRecord> records;

 private:
  std::map<std::string, int64_t> stored_;
};

class UsageSpoolTest : public ::testing::Test {
 protected:
  void Open(uint64_t most_bytes = uint64_t{256} << 20, uint64_t segment_bytes = 1024) {
    spool_.reset();
    auto spool = UsageSpool::Open({folder_.File("usage"), most_bytes, segment_bytes}, clock_);
    ASSERT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
  }
  void AddAll(int from, int to) {
    for (int i = from; i <= to; ++i) spool_->Add(Record(i));
  }
  // Until nothing is left.
  void Deliver() {
    while (auto batch = spool_->Next()) {
      ledger_.Take(*batch);
      spool_->Acknowledge(AckOf(*batch));
    }
  }
  size_t Files() const {
    size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.File("usage"))) {
      files += entry.is_regular_file() ? 1 : 0;
    }
    return files;
  }

  test::TempFolder folder_;
  test::FakeClock clock_;
  std::unique_ptr<UsageSpool> spool_;
  Ledger ledger_;
};

TEST_F(UsageSpoolTest, WhatIsAddedIsDeliveredOnceInOrder) {
  Open();
  AddAll(1, 1200);
  EXPECT_FALSE(spool_->Next().has_value()) << "nothing is sent that is not on disk";
  spool_->Write();
  const auto first = spool_->Next();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->first(), 1);
  EXPECT_LE(first->records_size(), static_cast<int>(UsageSpool::kMostBatchRecords));
  EXPECT_FALSE(spool_->Next().has_value()) << "one batch at a time";
  ledger_.Take(*first);
  spool_->Acknowledge(AckOf(*first));
  Deliver();
  ASSERT_EQ(ledger_.records.size(), 1200u);
  for (int i = 0; i < 1200; ++i) EXPECT_EQ(ledger_.records[i].input_tokens(), i + 1);
  EXPECT_EQ(spool_->state().waiting, 0);
}

TEST_F(UsageSpoolTest, ANewConnectionIsSentWhatWasNotAcknowledged) {
  Open();
  AddAll(1, 10);
  spool_->Write();
  const auto lost = spool_->Next();
  ASSERT_TRUE(lost.has_value());
  spool_->Rewind();
  const auto again = spool_->Next();
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->SerializeAsString(), lost->SerializeAsString());
  // A late answer to what is not under way says nothing.
  spool_->Rewind();
  spool_->Acknowledge(AckOf(*lost));
  EXPECT_EQ(spool_->state().waiting, 10);
}

TEST_F(UsageSpoolTest, WhatWasWrittenIsThereAfterAKill) {
  Open();
  AddAll(1, 300);
  spool_->Write();
  auto batch = spool_->Next();
  ASSERT_TRUE(batch.has_value());
  ledger_.Take(*batch);  // stored, but the answer is lost with the process
  Open();
  EXPECT_EQ(spool_->state().waiting, 300);
  AddAll(301, 400);
  spool_->Write();
  Deliver();
  EXPECT_EQ(ledger_.requests, 400);
  EXPECT_EQ(ledger_.input, 400 * 401 / 2);
}

TEST_F(UsageSpoolTest, AcknowledgedSegmentsAreDeleted) {
  Open();
  for (int round = 0; round < 20; ++round) {
    AddAll(1, 50);
    spool_->Write();
  }
  EXPECT_GT(Files(), 10u);
  Deliver();
  EXPECT_LE(Files(), 1u);
  EXPECT_LT(spool_->state().bytes, 4096u);
}

TEST_F(UsageSpoolTest, WhoWasNeverKnownIsSummedUpEachSecond) {
  Open();
  for (int i = 0; i < 1000; ++i) {
    UsageRecord refused = Record(0, "");
    refused.set_status(401);
    spool_->Add(refused);
  }
  spool_->Sync();
  Deliver();
  ASSERT_EQ(ledger_.records.size(), 1u);
  EXPECT_EQ(ledger_.requests, 1000);
  EXPECT_EQ(spool_->state().folded, 0u);
}

TEST_F(UsageSpoolTest, FullItSumsUpAndLosesNoToken) {
  Open(/*most_bytes=*/16'384);
  int64_t added = 0;
  for (int round = 0; round < 500; ++round) {
    for (int i = 0; i < 10; ++i) spool_->Add(Record(++added, "key-" + std::to_string(i)));
    spool_->Write();
    clock_.Advance(absl::Seconds(1));
    spool_->Sync();
  }
  EXPECT_TRUE(spool_->state().full);
  EXPECT_GT(spool_->state().folded, 0u);
  EXPECT_LE(spool_->state().bytes, 16'384u + 4096u);
  Deliver();
  clock_.Advance(absl::Minutes(2));
  spool_->Sync();
  EXPECT_FALSE(spool_->state().full) << "there is room again";
  Deliver();
  EXPECT_EQ(ledger_.requests, added);
  EXPECT_EQ(ledger_.input, added * (added + 1) / 2);
  EXPECT_LT(ledger_.records.size(), static_cast<size_t>(added));
}

TEST_F(UsageSpoolTest, ADiskThatTakesNothingLosesNoToken) {
  Open(/*most_bytes=*/uint64_t{256} << 20, /*segment_bytes=*/uint64_t{4} << 20);
  AddAll(1, 10);
  spool_->Sync();
  // The folder's disk "fills": files may not grow any more.
  struct sigaction former {};
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &ignore, &former);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit none{64, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  AddAll(11, 20);
  spool_->Write();
  spool_->Sync();
  EXPECT_GT(spool_->state().failures, 0u);
  EXPECT_TRUE(spool_->state().full);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  sigaction(SIGXFSZ, &former, nullptr);
  clock_.Advance(absl::Minutes(2));
  spool_->Sync();
  Deliver();
  EXPECT_EQ(ledger_.requests, 20);
  EXPECT_EQ(ledger_.input, 20 * 21 / 2);
  EXPECT_FALSE(spool_->state().full);
}

TEST_F(UsageSpoolTest, ADamagedFileCostsWhatStandsBehindTheDamage) {
  Open();
  AddAll(1, 5);
  spool_->Write();
  spool_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(folder_.File("usage"))) {
    std::filesystem::resize_file(entry.path(), entry.file_size() - 3);
  }
  ASSERT_TRUE(folder_.Write("usage/other.spool", "not ours"));
  Open();
  Deliver();
  EXPECT_EQ(ledger_.requests, 4);
  EXPECT_TRUE(std::filesystem::exists(folder_.File("usage/other.spool"))) << "it is not ours";
}

TEST_F(UsageSpoolTest, AFolderThatCannotBeMadeIsNamed) {
  ASSERT_TRUE(folder_.Write("file", "x"));
  const auto spool = UsageSpool::Open({folder_.File("file/usage"), 1 << 20, 1024}, clock_);
  ASSERT_FALSE(spool.ok());
  EXPECT_NE(std::string(spool.status().message()).find(folder_.File("file")), std::string::npos);
}

// Processes that write and are killed at random instants: what each had written before is there.
TEST_F(UsageSpoolTest, KilledAtAnyInstantItKeepsWhatWasWritten) {
  std::mt19937 chance(7);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 20; ++round) {
    int told[2];
    ASSERT_EQ(pipe(told), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      test::FakeClock clock;
      auto spool = UsageSpool::Open({folder_.File("usage"), uint64_t{1} << 30, 1024}, clock);
      if (!spool.ok()) _exit(1);
      for (int32_t i = 1;; ++i) {
        (*spool)->Add(Record(1));
        (*spool)->Write();
        if (write(told[1], &i, sizeof i) != sizeof i) _exit(1);
      }
    }
    close(told[1]);
    const int64_t before = ledger_.requests;
    int32_t written = 0;
    int32_t number = 0;
    const auto enough = static_cast<int32_t>(chance() % 300 + 1);
    while (number < enough && read(told[0], &number, sizeof number) == sizeof number) {
    }
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    while (read(told[0], &number, sizeof number) == sizeof number) {
    }
    written = number;
    close(told[0]);
    Open();
    Deliver();
    EXPECT_GE(ledger_.requests - before, written);
    EXPECT_LE(ledger_.requests - before, written + 1);
    spool_.reset();
  }
  EXPECT_EQ(ledger_.requests, ledger_.input);
}

}  // namespace
}  // namespace sluice::observe
