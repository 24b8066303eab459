// Rules that are about time or about a data plane's own state, and so are no rows of the table.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "nlohmann/json.hpp"
#include "tests/integration/conformance/rows.h"
#include "tests/integration/conformance/shared_world.h"
#include "tests/support/http_reader.h"
#include "tests/support/raw_upstream.h"
#include "tests/support/stack/programs.h"

namespace sluice::test {
namespace {

constexpr char kStreamHead[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string Head(const std::string& line, const std::string& fields = "") {
  return line + " HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer " +
         SharedWorld()->names().at("{KEY}") + "\r\n" + fields + "\r\n";
}

void ExpectEnvelope(const absl::StatusOr<HttpAnswer>& answer, int status, const std::string& code) {
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, status);
  EXPECT_EQ(answer->Header("Content-Type").value_or(""), "application/json");
  EXPECT_NE(answer->Header("X-Sluice-Request-Id").value_or(""), "");
  const auto json = nlohmann::json::parse(answer->body, nullptr, false);
  ASSERT_TRUE(json.is_object() && json.contains("error")) << answer->body;
  const auto& error = json["error"];
  EXPECT_EQ(error.size(), 4u);
  EXPECT_EQ(error.value("type", ""), "provider_error");
  EXPECT_EQ(error.value("code", ""), code);
  EXPECT_NE(error.value("message", ""), "");
  EXPECT_TRUE(error.contains("param") && error["param"].is_null());
}

// A provider of its own for each test, whose script says what it does.
class LifeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(SharedWorld(), nullptr);
    ASSERT_TRUE(SharedWorld()->ApplySettings({}).ok());
  }
  void TearDown() override {
    if (SharedWorld() == nullptr) return;
    EXPECT_TRUE(SharedWorld()->ApplySettings({}).ok());
    for (const std::string& alarm : SharedWorld()->TakeAlarms("")) {
      ADD_FAILURE() << "nobody announced this line: " << alarm;
    }
  }
  // As provider `name`.
  void Serve(const std::string& name, RawUpstream::Script script) {
    upstream_ = std::make_unique<RawUpstream>(std::move(script));
    const absl::Status added = stack().AddProvider(name, "openai", upstream_->url() + "/v1");
    ASSERT_TRUE(added.ok()) << added;
  }
  static Stack& stack() { return SharedWorld()->stack(); }
  static RawSocket Connect(uint16_t port = SharedWorld()->port()) {
    auto socket = RawSocket::Connect(port);
    EXPECT_TRUE(socket.ok()) << socket.status();
    return socket.ok() ? *std::move(socket) : RawSocket(-1);
  }

  std::unique_ptr<RawUpstream> upstream_;
};

TEST_F(LifeTest, Rule_1_8_AnswersThatRunFinishWhenTheRouteGoesOff) {
  absl::Notification off;
  Serve("streams", [&](RawSocket& socket, size_t) {
    RawUpstream::ReadRequest(socket);
    EXPECT_TRUE(socket.SendAll(std::string(kStreamHead) + "5\r\nfirst\r\n").ok());
    off.WaitForNotification();
    EXPECT_TRUE(socket.SendAll("4\r\nlast\r\n0\r\n\r\n").ok());
  });
  RawSocket client = Connect();
  ASSERT_TRUE(client.SendAll(Head("GET /p/streams/x")).ok());
  auto answer = ReadHead(client);
  EXPECT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(client.ReadUntil("first\r\n").ok());
  EXPECT_TRUE(SharedWorld()->ApplySettings({"enable_passthrough_routes=false"}).ok());
  auto refused = Connect();
  EXPECT_TRUE(refused.SendAll(Head("GET /p/streams/x")).ok());
  auto refusal = ReadAnswer(refused);
  EXPECT_TRUE(refusal.ok() && refusal->status == 404);
  off.Notify();
  auto rest = client.ReadUntil("0\r\n\r\n");
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(*rest, "4\r\nlast\r\n0\r\n\r\n");
}

TEST_F(LifeTest, Rule_3_5_NoCredentialOrConnectionHeaderCanBeEdited) {
  for (const std::string direction : {"request_headers", "response_headers"}) {
    for (const std::string name :
         {"Authorization", "x-api-key", "Connection", "Host", "Content-Length", "Transfer-Encoding",
          "Proxy-Authorization", "X-Sluice-Request-Id", "TE"}) {
      for (const std::string& edit : {R"({"remove":[")" + name + R"("]})",
                                      R"({"set":[{"name":")" + name + R"(","value":"a"}]})",
                                      R"({"add":[{"name":")" + name + R"(","value":"a"}]})"}) {
        const CtlResult result =
            stack().Ctl({"provider", "update", "openai", "--set", direction + "=" + edit});
        EXPECT_EQ(result.exit_code, 1) << direction << edit;
        EXPECT_NE(result.err.find(name), std::string::npos) << result.err;
      }
    }
  }
}

TEST_F(LifeTest, Rule_4_1_EveryPieceOfAnAnswerComesWhenItWasSent) {
  absl::Notification seen[3];
  Serve("pieces", [&](RawSocket& socket, size_t) {
    RawUpstream::ReadRequest(socket);
    EXPECT_TRUE(socket.SendAll(kStreamHead).ok());
    seen[0].WaitForNotification();
    EXPECT_TRUE(socket.SendAll("1\r\na\r\n").ok());
    seen[1].WaitForNotification();
    EXPECT_TRUE(socket.SendAll("1\r\nb\r\n").ok());
    seen[2].WaitForNotification();
    EXPECT_TRUE(socket.SendAll("0\r\n\r\n").ok());
  });
  RawSocket client = Connect();
  EXPECT_TRUE(client.SendAll(Head("GET /p/pieces/x")).ok());
  EXPECT_TRUE(ReadHead(client).ok());
  seen[0].Notify();
  EXPECT_TRUE(client.ReadUntil("1\r\na\r\n").ok());
  seen[1].Notify();
  EXPECT_TRUE(client.ReadUntil("1\r\nb\r\n").ok());
  seen[2].Notify();
  EXPECT_TRUE(client.ReadUntil("0\r\n\r\n").ok());
}

TEST_F(LifeTest, Rule_4_1_AnAnswerBeforeTheEndOfTheBodyIsRelayed) {
  Serve("early", [&](RawSocket& socket, size_t) {
    EXPECT_TRUE(socket.ReadUntil("\r\n\r\n").ok());
    EXPECT_TRUE(socket.SendAll(Answers("413 Too Much", {"X-Theirs: 1"}, "theirs")).ok());
    EXPECT_TRUE(socket.WaitForEnd().ok()) << "the upload goes on though it was refused";
  });
  RawSocket client = Connect();
  ASSERT_TRUE(client.SendAll(Head("POST /p/early/x", "Content-Length: 100\r\n") + "half").ok());
  auto answer = ReadAnswer(client, "POST");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(answer->Header("X-Theirs").value_or(""), "1");
  EXPECT_EQ(answer->Header("Connection").value_or(""), "close");
  EXPECT_EQ(answer->body, "theirs");
  EXPECT_TRUE(client.WaitForEnd().ok());
}

// What the application was doing when it left, and what the provider had said by then.
struct Leaving {
  const char* name;
  std::string sent;
  std::string answered;
  bool reset;
};

TEST_F(LifeTest, Rule_4_7_AClientThatLeavesTakesItsTransferWithIt) {
  const Leaving rows[] = {
      {"before the first byte", Head("GET /p/leaving/x"), "", false},
      {"before the first byte, with a reset", Head("GET /p/leaving/x"), "", true},
      {"in the answer's head", Head("GET /p/leaving/x"), "HTTP/1.1 200 OK\r\n", false},
      {"in the answer's body", Head("GET /p/leaving/x"), std::string(kStreamHead) + "1\r\na\r\n",
       false},
      {"in the answer's body, with a reset", Head("GET /p/leaving/x"),
       std::string(kStreamHead) + "1\r\na\r\n", true},
      {"in its own body", Head("POST /p/leaving/x", "Content-Length: 9\r\n") + "half", "", false},
      {"in its own chunks", Head("POST /p/leaving/x", "Transfer-Encoding: chunked\r\n") + "3\r\nha",
       "", false},
  };
  std::atomic<size_t> row{0};
  std::atomic<int> begun{0};
  std::atomic<int> ended{0};
  Serve("leaving", [&](RawSocket& socket, size_t) {
    EXPECT_TRUE(socket.ReadUntil("\r\n\r\n").ok());
    EXPECT_TRUE(socket.SendAll(rows[row].answered).ok());
    ++begun;
    if (socket.WaitForEnd().ok()) ++ended;
  });
  for (row = 0; row < std::size(rows); ++row) {
    SCOPED_TRACE(rows[row].name);
    const int before = ended;
    RawSocket client = Connect();
    ASSERT_TRUE(client.SendAll(rows[row].sent).ok());
    ASSERT_TRUE(Eventually([&] { return begun == before + 1; }));
    if (rows[row].answered.ends_with("a\r\n")) {
      ASSERT_TRUE(client.ReadUntil("a\r\n").ok());
    }
    rows[row].reset ? client.Reset() : client.Close();
    EXPECT_TRUE(Eventually([&] { return ended == before + 1; })) << "its transfer goes on";
  }
}

TEST_F(LifeTest, Rule_5_draining) {
  absl::Notification go;
  Serve("drains", [&](RawSocket& socket, size_t) {
    RawUpstream::ReadRequest(socket);
    EXPECT_TRUE(socket.SendAll(std::string(kStreamHead) + "1\r\na\r\n").ok());
    go.WaitForNotification();
    EXPECT_TRUE(socket.SendAll("0\r\n\r\n").ok());
  });
  auto added = stack().AddDataplane();
  ASSERT_TRUE(added.ok()) << added.status();
  ServerProcess& second = **added;
  ASSERT_TRUE(stack().WaitUntilReady(stack().dataplanes() - 1));
  RawSocket running = Connect(second.port("http"));
  EXPECT_TRUE(running.SendAll(Head("GET /p/drains/x")).ok());
  EXPECT_TRUE(running.ReadUntil("a\r\n").ok());
  second.process().Signal(SIGTERM);
  const std::string bearer = Stack::Bearer(SharedWorld()->names().at("{KEY}"));
  EXPECT_TRUE(Eventually([&] {
    auto ready = Fetch(second.port("ops"), "GET", "/readyz");
    return ready.ok() && ready->status == 503;
  }));
  auto refused = Fetch(second.port("http"), "GET", "/p/openai/x", {bearer});
  ExpectEnvelope(refused, 503, "draining");
  if (refused.ok()) {
    EXPECT_NE(refused->Header("Retry-After").value_or(""), "");
    EXPECT_EQ(refused->Header("Connection").value_or(""), "close");
  }
  go.Notify();
  EXPECT_TRUE(running.ReadUntil("0\r\n\r\n").ok()) << "an answer that ran was cut";
  EXPECT_EQ(second.process().Wait().value_or(-1), 0);
}

// A data plane beside the stack's.
std::vector<std::string> PlainArgs(const TempFolder& folder) {
  return {"--listen",    "127.0.0.1:0",        "--ops-listen",
          "127.0.0.1:0", "--control-plane",    SharedWorld()->names().at("{NOBODY}"),
          "--state-dir", folder.File("state"), "--workers",
          "1",           "--join-token-file",  folder.File("token")};
}

TEST_F(LifeTest, Rule_5_not_ready) {
  TempFolder folder;
  ASSERT_TRUE(folder.Write("token", "slj_none\n"));
  ServerProcess alone("alone", DataplaneProgram(), folder.path(), PlainArgs(folder), {});
  const absl::Status started = alone.Start();
  ASSERT_TRUE(started.ok()) << started;
  auto answer = Fetch(alone.port("http"), "GET", "/p/openai/x", {"x-api-key: any"});
  ExpectEnvelope(answer, 503, "not_ready");
  if (answer.ok()) {
    EXPECT_NE(answer->Header("Retry-After").value_or(""), "");
  }
}

TEST_F(LifeTest, Rule_5_overloaded) {
  TempFolder folder;
  ASSERT_TRUE(folder.Write("token", "slj_none\n"));
  std::vector<std::string> args = {"-c", "ulimit -n 64 && exec \"$0\" \"$@\"", DataplaneProgram()};
  for (const std::string& arg : PlainArgs(folder)) args.push_back(arg);
  ServerProcess crowded("crowded", "/bin/sh", folder.path(), args, {});
  const absl::Status started = crowded.Start();
  ASSERT_TRUE(started.ok()) << started;
  // Each is let in before the next comes: it is answered.
  std::vector<RawSocket> in;
  absl::StatusOr<HttpAnswer> last = absl::UnknownError("none");
  while (in.size() < 64) {
    in.push_back(Connect(crowded.port("http")));
    (void)in.back().SendAll("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    last = ReadAnswer(in.back());
    if (!last.ok() || last->body.find("overloaded") != std::string::npos) break;
  }
  ExpectEnvelope(last, 503, "overloaded");
  EXPECT_GT(in.size(), 8u);
  if (last.ok()) {
    EXPECT_NE(last->Header("Retry-After").value_or(""), "");
    EXPECT_EQ(last->Header("Connection").value_or(""), "close");
  }
  in.front().Close();
  EXPECT_TRUE(Eventually([&] {
    auto again = Fetch(crowded.port("http"), "GET", "/");
    return again.ok() && again->body.find("overloaded") == std::string::npos;
  }));
}

TEST_F(LifeTest, Rule_5_AGetOnAConnectionThatHadDiedIsSentAgainButNoPost) {
  std::atomic<int> posts{0};
  Serve("dies", [&](RawSocket& socket, size_t) {
    // Every connection answers once, and dies of its second request.
    if (RawUpstream::ReadRequest(socket).empty()) return;
    EXPECT_TRUE(socket.SendAll(Answers("200 OK", {}, "ok")).ok());
    if (RawUpstream::ReadRequest(socket).starts_with("POST")) ++posts;
  });
  const std::string bearer = Stack::Bearer(SharedWorld()->names().at("{KEY}"));
  for (int i = 0; i < 3; ++i) {
    auto answer = Fetch(SharedWorld()->port(), "GET", "/p/dies/x", {bearer});
    EXPECT_TRUE(answer.ok() && answer->status == 200);
  }
  ExpectEnvelope(Fetch(SharedWorld()->port(), "POST", "/p/dies/x", {bearer}, "body"), 502,
                 "upstream_reset");
  EXPECT_EQ(posts, 1);
}

TEST_F(LifeTest, Rule_6_a_client_that_takes_nothing_IsCutOff) {
  ASSERT_TRUE(SharedWorld()->ApplySettings({"write_stall_timeout=300ms"}).ok());
  std::atomic<bool> ended{false};
  Serve("endless", [&](RawSocket& socket, size_t) {
    RawUpstream::ReadRequest(socket);
    (void)socket.SendAll("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
    const std::string piece(1 << 20, 'e');
    while (socket.SendAll(piece).ok()) {
    }
    ended = true;
  });
  auto client = RawSocket::Connect(SharedWorld()->port(), "127.0.0.1", 4096);
  ASSERT_TRUE(client.ok() && client->SendAll(Head("GET /p/endless/x")).ok());
  EXPECT_TRUE(Eventually([&] { return ended.load(); })) << "the provider may send without end";
  auto end = client->WaitForEnd();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, RawSocket::PeerEnd::kReset);
}

}  // namespace
}  // namespace sluice::test
