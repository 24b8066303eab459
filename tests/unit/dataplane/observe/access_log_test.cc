#include "dataplane/observe/access_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "common/base/file.h"
#include "dataplane/observe/access_line.h"
#include "tests/support/deadline.h"
#include "tests/support/temp_folder.h"

namespace sluice::observe {
namespace {

using ::testing::HasSubstr;

RequestRecord FullRecord() {
  RequestRecord record;
  record.ended_at = absl::FromUnixMicros(1'700'000'000'123'456);
  record.request_id = "req_1";
  record.upstream_request_id = "up-\"1\"";
  record.revision = 7;
  record.client_key_id = "kkkk";
  record.provider = "openai";
  record.provider_key_id = "pk";
  record.model = "gpt-5";
  record.method = "POST";
  record.path = "/p/openai/chat/completions";
  record.outcome = {200, std::nullopt, 10, 20};
  record.tries = 2;
  record.times = {100, 2000, 30000, 250};
  record.tokens = {5, 6, 1, 2, 3, 1'500'000};
  record.quality = UsageQuality::kComplete;
  return record;
}

TEST(AccessLineTest, WritesTimesAsOthersDo) {
  for (const int64_t micros :
       {int64_t{0}, int64_t{1}, int64_t{999'999}, int64_t{951'782'400'000'000},
        int64_t{1'709'251'199'999'999}, int64_t{253'402'300'799'000'000}}) {
    RequestRecord record;
    record.ended_at = absl::FromUnixMicros(micros);
    const std::string expected =
        absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", record.ended_at, absl::UTCTimeZone());
    EXPECT_THAT(AccessLine(record, "n"), ::testing::HasSubstr("\"time\":\"" + expected + "\""));
  }
}

TEST(AccessLineTest, EveryFieldIsThere) {
  const std::string line = AccessLine(FullRecord(), "node-1");
  ASSERT_TRUE(line.ends_with("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto json = nlohmann::json::parse(line, nullptr, false);
  EXPECT_EQ(json, nlohmann::json::parse(R"({
    "time": "2023-11-14T22:13:20.123456Z", "request_id": "req_1", "upstream_request_id": "up-\"1\"",
    "node": "node-1", "revision": 7, "client_key": "kkkk", "provider": "openai", "provider_key": "pk",
    "model": "gpt-5", "method": "POST", "path": "/p/openai/chat/completions", "status": 200,
    "tries": 2, "bytes_up": 10, "bytes_down": 20, "admitted_us": 100, "connect_us": 250, "first_byte_us": 2000,
    "total_us": 30000, "quality": "complete", "input_tokens": 5, "output_tokens": 6,
    "cached_tokens": 1, "cache_write_tokens": 2, "reasoning_tokens": 3, "cost_nanos": 1500000})"));
}

TEST(AccessLineTest, WhatIsNotKnownIsLeftOut) {
  RequestRecord record;
  record.outcome = {401, http::Side::kDownstream, 0, 0};
  record.reason = "invalid_api_key";
  const auto json = nlohmann::json::parse(AccessLine(record, "n"), nullptr, false);
  EXPECT_EQ(json.value("side", ""), "downstream");
  EXPECT_EQ(json.value("reason", ""), "invalid_api_key");
  for (const char* absent :
       {"client_key", "provider", "model", "connect_us", "first_byte_us", "input_tokens"}) {
    EXPECT_FALSE(json.contains(absent)) << absent;
  }
}

TEST(AccessLineTest, HostileTextStaysOneLineOfValidJson) {
  RequestRecord record;
  record.path = "/p/\n{\"a\":\"\xff\xfe\" \x01" + std::string(5000, 'x');
  record.upstream_request_id = "\r\nHTTP/1.1 200";
  const std::string line = AccessLine(record, "n");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_FALSE(nlohmann::json::parse(line, nullptr, false).is_discarded());
  EXPECT_LT(line.size(), 2500u);
}

class AccessLogTest : public ::testing::Test {
 protected:
  static std::string Content(const std::string& path) { return base::ReadFile(path).value_or(""); }
  test::TempFolder folder_;
};

TEST_F(AccessLogTest, LinesOfManyThreadsArriveWhole) {
  const std::string path = folder_.File("access.log");
  {
    auto log = AccessLog::Open(path);
    ASSERT_TRUE(log.ok()) << log.status();
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log] {
        for (int i = 0; i < 500; ++i) (*log)->Submit(std::string(300, 'x') + "\n");
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ((*log)->dropped(), 0u);
  }
  std::string expected;
  for (int i = 0; i < 2000; ++i) expected += std::string(300, 'x') + "\n";
  EXPECT_EQ(Content(path), expected);
  struct stat file {};
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0007, 0u) << "not everybody's";
}

TEST_F(AccessLogTest, AfterAReopenLinesGoToTheNewFile) {
  const std::string path = folder_.File("access.log");
  auto log = AccessLog::Open(path);
  ASSERT_TRUE(log.ok());
  (*log)->Submit("one\n");
  ASSERT_TRUE(test::Eventually([&] { return Content(path) == "one\n"; }));
  std::filesystem::rename(path, path + ".1");
  (*log)->Submit("two\n");
  ASSERT_TRUE(test::Eventually([&] { return Content(path + ".1") == "one\ntwo\n"; }));
  (*log)->Reopen();
  ASSERT_TRUE(test::Eventually([&] { return std::filesystem::exists(path); }));
  (*log)->Submit("three\n");
  EXPECT_TRUE(test::Eventually([&] { return Content(path) == "three\n"; }));
}

TEST_F(AccessLogTest, AReaderThatTakesNothingCostsLinesAndNoTime) {
  const std::string path = folder_.File("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);  // never reads
  ASSERT_GE(reader, 0);
  auto log = AccessLog::Open(path);
  ASSERT_TRUE(log.ok()) << log.status();
  const std::string line(1023, 'x');
  for (int i = 0; i < 12'000; ++i) (*log)->Submit(line + "\n");
  EXPECT_GT((*log)->dropped(), 0u);
  log->reset();  // ends, although nobody reads
  close(reader);
}

TEST_F(AccessLogTest, AFileThatCannotBeOpenedIsNamed) {
  const auto log = AccessLog::Open(folder_.File("no/such/folder/log"));
  ASSERT_FALSE(log.ok());
  EXPECT_THAT(std::string(log.status().message()), HasSubstr(folder_.File("no/such/folder/log")));
}

}  // namespace
}  // namespace sluice::observe
