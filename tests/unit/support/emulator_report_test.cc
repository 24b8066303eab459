#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/emulator/sha256_stream.h"
#include "tests/support/emulator/text.h"
#include "tests/unit/support/emulator_fixture.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;

class EmulatorReport : public EmulatorTest {};

TEST_F(EmulatorReport, KeepsTheHeadAsItCame) {
  const std::string head =
      "PATCH /anything/a%2Fb//c?x=1&&x=2&empty= HTTP/1.1\r\nhOsT: h\r\nX-Dup:  one "
      "\r\nx-dup:two\r\nX-Empty:\r\n\r\n";
  RawSocket socket = Open(head);
  EXPECT_EQ(ReadAnswer(socket)->status, 200);
  const auto request = emulator_->Requests("/anything").at(0);
  EXPECT_EQ(EmulatorProcess::RawHead(request), head);
  EXPECT_EQ(request["target"], "/anything/a%2Fb//c?x=1&&x=2&empty=");
  EXPECT_EQ(request["headers"].dump(),
            R"([["hOsT","h"],["X-Dup","one"],["x-dup","two"],["X-Empty",""]])");
  EXPECT_EQ(request["flags"], nlohmann::json::array());
}

TEST_F(EmulatorReport, ChunkedBodyWithItsFramingAndTrailers) {
  RawSocket socket = Open(
      "POST /anything HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nX-T: v\r\n\r\n");
  const auto answer = ReadAnswer(socket);
  EXPECT_EQ(Json(*answer)["sha256"], emulator::Sha256Hex("abc0123456789"));
  const auto id = emulator_->Requests("/anything").at(0)["id"].get<int>();
  const auto request = emulator_->Page("/emulator/requests/" + std::to_string(id));
  EXPECT_EQ(request["body"]["framing"], "chunked");
  EXPECT_EQ(request["body"]["chunk_sizes"], nlohmann::json({3, 10, 0}));
  EXPECT_EQ(request["body"]["trailers"], nlohmann::json::parse(R"([["X-T","v"]])"));
  EXPECT_EQ(emulator::FromBase64(request["body"]["raw_base64"].get<std::string>()).value(),
            "3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nX-T: v\r\n\r\n");
}

TEST_F(EmulatorReport, FragmentedAndPipelinedRequestsAreTheSameRequests) {
  const std::string chunked =
      "POST /anything HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  auto socket = RawSocket::Connect(emulator_->port());
  ASSERT_TRUE(socket.ok());
  ASSERT_TRUE(
      socket->SendFragmented(chunked + RequestText("POST", "/anything", {}, "world"), 7).ok());
  EXPECT_EQ(Json(*ReadAnswer(*socket))["sha256"], emulator::Sha256Hex("hello"));
  EXPECT_EQ(Json(*ReadAnswer(*socket))["sha256"], emulator::Sha256Hex("world"));
}

TEST_F(EmulatorReport, ManyPipelinedRequestsAreAnsweredInOrder) {
  std::string requests;
  for (int i = 0; i < 3000; ++i) requests += RequestText("GET", "/anything?n=" + std::to_string(i));
  RawSocket socket = Open(requests);
  for (int i = 0; i < 3000; ++i) {
    const auto answer = ReadAnswer(socket);
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(Json(*answer)["target"], "/anything?n=" + std::to_string(i));
  }
}

TEST_F(EmulatorReport, OddRequestsAreFlaggedAndUnsoundOnesRefused) {
  RawSocket odd = Open(
      "POST /anything HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(ReadAnswer(odd)->status, 200);
  EXPECT_EQ(emulator_->Requests("/anything").at(0)["flags"],
            nlohmann::json({"both_content_length_and_transfer_encoding", "host_missing"}));
  RawSocket unsound = Open("no http at all\r\n\r\n");
  EXPECT_EQ(ReadAnswer(unsound)->status, 400);
  RawSocket bad_chunk =
      Open("POST /anything HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_EQ(ReadAnswer(bad_chunk)->status, 400);
}

TEST_F(EmulatorReport, SeesAClientLeaveAStream) {
  RawSocket socket =
      Open(RequestText("POST", "/v1/chat/completions?emu.events=100000&emu.pace_ms=20", {bearer_},
                       R"({"model":"m","stream":true})"));
  ASSERT_TRUE(socket.ReadUntil("data: ").ok());
  const auto open = emulator_->WaitForRequest("chat");
  EXPECT_EQ(open["answer"]["end"], "open");
  socket.Close();
  const auto left = emulator_->WaitForRequest(
      "chat", [](const auto& r) { return !r["client_closed_ms"].is_null(); });
  ASSERT_TRUE(left.is_object());
  EXPECT_EQ(left["answer"]["end"], "client_gone");
  const auto connections = emulator_->Page("/emulator/connections");
  for (const auto& connection : connections["connections"]) {
    if (connection["id"] != left["connection"]) continue;
    EXPECT_EQ(connection["state"], "closed");
    EXPECT_GE(connection["closed_ms"], connection["client_closed_ms"]);
  }
}

TEST_F(EmulatorReport, CountsOpenConnections) {
  RawSocket one = Open(RequestText("GET", "/anything"));
  RawSocket two = Open(RequestText("GET", "/anything"));
  EXPECT_TRUE(ReadAnswer(one).ok() && ReadAnswer(two).ok());
  EXPECT_EQ(emulator_->Page("/emulator/connections")["open"], 3);
  one.Close();
  two.Reset();
  EXPECT_TRUE(Eventually([&] { return emulator_->Page("/emulator/connections")["open"] == 1; }));
}

TEST_F(EmulatorReport, ForgetsOnDemand) {
  Get("/anything");
  emulator_->Forget();
  EXPECT_TRUE(emulator_->Requests("/anything").empty());
}

TEST_F(EmulatorReport, ALargeUploadCostsNoMemory) {
  const uint64_t before = emulator_->process().RssBytes();
  constexpr size_t kSize = 96 << 20;
  RawSocket socket =
      Open("POST /anything HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kSize) +
           "\r\n\r\n");
  const std::string bytes(kSize, 'u');
  ASSERT_TRUE(socket.SendAll(bytes).ok());
  EXPECT_EQ(Json(*ReadAnswer(socket))["sha256"], emulator::Sha256Hex(bytes));
  EXPECT_LT(emulator_->process().RssBytes(), before + (16 << 20));
}

TEST(EmulatorProgram, RefusesWrongFlagsWithASentence) {
  const TempFolder folder;
  for (const std::string listen : {"nowhere", "127.0.0.1:99999", "name:0", "8.8.8.8:0"}) {
    auto result = EmulatorProcess::Start(folder.path(), {"--listen", listen});
    ASSERT_FALSE(result.ok()) << listen;
    EXPECT_THAT(std::string(result.status().message()),
                HasSubstr(listen.substr(0, listen.find(':'))));
  }
}

}  // namespace
}  // namespace sluice::test
