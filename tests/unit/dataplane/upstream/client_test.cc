#include "dataplane/upstream/client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/dataplane/upstream/client_fixture.h"

namespace sluice::upstream {
namespace {

using std::chrono::milliseconds;

TEST_F(ClientTest, SendsNothingButWhatItWasGiven) {
  std::string seen;
  ScriptedServer server([&](int fd, int) {
    seen = ReadHead(fd);
    WriteAll(fd, kOk);
    WaitForClose(fd);
  });
  Request request = Get(server, "/a//b/%2e%2e;x?q=1&&q=%20#");
  request.target.pop_back();
  request.headers.Add("x-Odd-CASE", "1");
  request.headers.Add("X-Empty", "");
  request.headers.Add("x-odd-case", "2");
  Recorder recorder;
  Run(std::move(request), recorder);
  EXPECT_EQ(recorder.body, "ok");
  EXPECT_EQ(seen, "GET /a//b/%2e%2e;x?q=1&&q=%20 HTTP/1.1\r\nHost: " + server.origin().substr(7) +
                      "\r\nx-Odd-CASE: 1\r\nX-Empty:\r\nx-odd-case: 2\r\n\r\n");
}

TEST_F(ClientTest, TellsWhatANewConnectionTookAndNothingOfOneThatIsUsedAgain) {
  ScriptedServer server([&](int fd, int) {
    for (int i = 0; i < 2; ++i) {
      ReadHead(fd);
      WriteAll(fd, kOk);
    }
    WaitForClose(fd);
  });
  for (const bool again : {false, true}) {
    Recorder recorder;
    TransferLease transfer = Start(Get(server), recorder);
    EXPECT_FALSE(transfer->ConnectTime().has_value()) << "it has not begun";
    transfer->PushEnd();
    ASSERT_TRUE(loop_.RunUntil([&] { return recorder.over(); }));
    EXPECT_EQ(recorder.body, "ok");
    EXPECT_EQ(transfer->ConnectTime().has_value(), !again);
    EXPECT_NE(transfer->ConnectTime().value_or(1), 0);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTest, SendsASmallBodyWithItsHeadInOneWrite) {
  std::string seen;
  ScriptedServer server([&](int fd, int) {
    char buffer[4096];
    ssize_t count = recv(fd, buffer, sizeof(buffer), 0);
    seen.assign(buffer, static_cast<size_t>(std::max<ssize_t>(count, 0)));
    WriteAll(fd, kOk);
    WaitForClose(fd);
  });
  Recorder recorder;
  TransferLease transfer = Start(Post(server, http::Framing::Length(5)), recorder);
  transfer->Push("hello");
  transfer->PushEnd();
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.over(); }));
  EXPECT_EQ(recorder.status, 200);
  EXPECT_EQ(seen, "POST /x HTTP/1.1\r\nHost: " + server.origin().substr(7) +
                      "\r\nContent-Length: 5\r\n\r\nhello");
}

TEST_F(ClientTest, StreamsAnUploadWithBackPressure) {
  constexpr size_t kSize = 20 << 20;
  std::atomic<size_t> received{0};
  std::atomic<bool> go{false};
  ScriptedServer server([&](int fd, int) {
    ReadHead(fd);
    go.wait(false);
    received = ReadBytes(fd, kSize).size();
    WriteAll(fd, kOk);
    WaitForClose(fd);
  });
  Recorder recorder;
  TransferLease transfer = Start(Post(server, http::Framing::Length(kSize)), recorder);
  const std::string piece(16 * 1024, 'u');
  size_t pushed = 0;
  size_t most_waiting = 0;
  bool full = false;
  auto push = [&] {
    while (!full && pushed < kSize) {
      full = transfer->Push(piece) == http::Flow::kFull;
      pushed += piece.size();
    }
    if (pushed == kSize) transfer->PushEnd();
  };
  push();
  EXPECT_TRUE(full);
  EXPECT_LE(pushed, 512u * 1024);
  go = true;
  go.notify_all();
  ASSERT_TRUE(loop_.RunUntil([&] {
    if (recorder.drained) {
      recorder.drained = false;
      full = false;
      push();
    }
    most_waiting = std::max(most_waiting, pushed - received);
    return recorder.over();
  }));
  EXPECT_EQ(received, kSize);
  EXPECT_TRUE(recorder.ended);
}

TEST_F(ClientTest, SendsChunkedWhatHasNoLength) {
  std::string seen;
  ScriptedServer server([&](int fd, int) {
    seen = ReadHead(fd);
    std::string body;
    while (!body.ends_with("0\r\n\r\n")) body += ReadBytes(fd, 1);
    seen += body;
    WriteAll(fd, kOk);
    WaitForClose(fd);
  });
  Recorder recorder;
  TransferLease transfer = Start(Post(server, http::Framing::Chunked()), recorder);
  transfer->Push("abc");
  transfer->PushEnd();
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.over(); }));
  EXPECT_NE(seen.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_TRUE(seen.ends_with("\r\n\r\n3\r\nabc\r\n0\r\n\r\n")) << seen;
}

TEST_F(ClientTest, AnObserverThatIsFullIsNotGivenMore) {
  const std::string body(4 << 20, 'd');
  ScriptedServer server([&](int fd, int) {
    ReadHead(fd);
    WriteAll(fd, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    WriteAll(fd, body);
    WaitForClose(fd);
  });
  Recorder recorder;
  recorder.full_at = 100'000;
  TransferLease transfer = Start(Get(server), recorder);
  transfer->PushEnd();
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.paused; }));
  size_t at_pause = recorder.body.size();
  EXPECT_FALSE(loop_.RunUntil([&] { return recorder.body.size() > at_pause; }, milliseconds(50)));
  transfer->ResumeResponse();
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.over(); }));
  EXPECT_EQ(recorder.body, body);
}

TEST_F(ClientTest, ReleaseClosesTheConnectionInEveryPhase) {
  for (bool after_head : {false, true}) {
    std::atomic<bool> closed{false};
    std::atomic<bool> asked{false};
    ScriptedServer server([&](int fd, int) {
      ReadHead(fd);
      if (after_head) WriteAll(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx");
      asked = true;
      WaitForClose(fd);
      closed = true;
    });
    Recorder recorder;
    TransferLease transfer = Start(Get(server), recorder);
    transfer->PushEnd();
    ASSERT_TRUE(loop_.RunUntil([&] { return asked && (!after_head || recorder.status == 200); }));
    transfer.Release();
    EXPECT_TRUE(loop_.RunUntil([&] { return closed.load(); }));
    EXPECT_EQ(client_.running(), 0u);
    EXPECT_FALSE(recorder.over());
  }
}

TEST_F(ClientTest, ReleaseFromWithinACallIsSafe) {
  std::atomic<bool> closed{false};
  ScriptedServer server([&](int fd, int) {
    ReadHead(fd);
    WriteAll(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx");
    WaitForClose(fd);
    closed = true;
  });
  Recorder recorder;
  TransferLease transfer = Start(Get(server), recorder);
  recorder.on_head = [&] { transfer.Release(); };
  transfer->PushEnd();
  EXPECT_TRUE(loop_.RunUntil([&] { return closed.load(); }));
  EXPECT_EQ(recorder.body, "");
  EXPECT_EQ(client_.running(), 0u);
}

TEST_F(ClientTest, UsesAWarmConnectionAgainWithoutTouchingEpoll) {
  ScriptedServer server([&](int fd, int) {
    while (!ReadHead(fd).empty()) WriteAll(fd, kOk);
  });
  Recorder first;
  Run(Get(server), first);
  int changes = loop_.epoll_changes();
  for (int i = 0; i < 20; ++i) {
    Recorder next;
    Run(Get(server), next);
    ASSERT_EQ(next.body, "ok");
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(loop_.epoll_changes(), changes);
}

TEST_F(ClientTest, ShowsItsConnectionsAndThoseThatAreIdle) {
  std::atomic<bool> answers{false};
  ScriptedServer server([&](int fd, int) {
    while (!ReadHead(fd).empty()) {
      if (!answers) return WaitForClose(fd);
      WriteAll(fd, kOk);
    }
  });
  {
    Recorder recorder;
    TransferLease transfer = Start(Get(server), recorder);
    transfer->PushEnd();
    ASSERT_TRUE(loop_.RunUntil([&] { return levels_.upstream_connections.now() == 1; }));
    EXPECT_EQ(levels_.idle_upstream_connections.now(), 0);
  }
  EXPECT_EQ(levels_.upstream_connections.now(), 0);
  answers = true;
  for (int i = 0; i < 3; ++i) {
    Recorder recorder;
    Run(Get(server), recorder);
    EXPECT_EQ(levels_.upstream_connections.now(), 1);
    EXPECT_EQ(levels_.idle_upstream_connections.now(), 1);
  }
  EXPECT_EQ(levels_.upstream_connections.highest(), 1);
}

TEST_F(ClientTest, NeverSendsAPostTwice) {
  std::atomic<int> posts{0};
  // The first answer keeps the connection; the second request on it is read and dropped.
  ScriptedServer server([&](int fd, int) {
    for (int i = 0;; ++i) {
      std::string head = ReadHead(fd);
      if (head.empty()) return;
      if (head.starts_with("POST")) {
        ReadBytes(fd, 5);
        ++posts;
        if (i > 0) return;
      }
      WriteAll(fd, kOk);
    }
  });
  for (size_t length : {size_t{5}, size_t{0}}) {
    posts = 0;
    Recorder first;
    Run(Get(server), first);
    Recorder second;
    TransferLease transfer =
        Start(Post(server, length ? http::Framing::Length(length) : http::Framing::None()), second);
    if (length) transfer->Push("12345");
    transfer->PushEnd();
    if (!length) {
      // Without a body the script waits for five bytes that never come; the client gives up first.
      ASSERT_FALSE(loop_.RunUntil([&] { return second.over(); }, milliseconds(20)));
      continue;
    }
    ASSERT_TRUE(loop_.RunUntil([&] { return second.over(); }));
    EXPECT_EQ(second.error.code, "upstream_reset");
    EXPECT_EQ(posts, 1);
  }
}

TEST_F(ClientTest, SendsASafeRequestAgainWhenAReusedConnectionWasDead) {
  ScriptedServer server([&](int fd, int n) {
    ReadHead(fd);
    WriteAll(fd, kOk);
    ReadHead(fd);
    if (n > 0) WriteAll(fd, kOk);
  });
  Recorder first;
  Run(Get(server), first);
  Recorder second;
  Run(Get(server), second);
  EXPECT_EQ(second.body, "ok");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientTest, RelaysWhatAProviderSaysEvenBeforeTheUploadEnds) {
  ScriptedServer server([&](int fd, int) {
    ReadHead(fd);
    WriteAll(fd, "HTTP/1.1 401 No\r\nContent-Length: 3\r\nX-Why: key\r\n\r\nbad");
    WaitForClose(fd);
  });
  Recorder recorder;
  TransferLease transfer = Start(Post(server, http::Framing::Length(1 << 20)), recorder);
  transfer->Push(std::string(1000, 'x'));
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.over(); }));
  EXPECT_TRUE(recorder.ended);
  EXPECT_EQ(recorder.status, 401);
  EXPECT_EQ(recorder.body, "bad");
  EXPECT_EQ(recorder.headers, "X-Why: key\n");
}

TEST_F(ClientTest, ManyTransfersShareShardsOfBoundedSize) {
  std::atomic<bool> go{false};
  ScriptedServer server([&](int fd, int) {
    ReadHead(fd);
    go.wait(false);
    WriteAll(fd, kOk);
    WaitForClose(fd);
  });
  constexpr int kTransfers = 100;
  std::vector<std::unique_ptr<Recorder>> recorders;
  std::vector<TransferLease> transfers;
  for (int i = 0; i < kTransfers; ++i) {
    recorders.push_back(std::make_unique<Recorder>());
    transfers.push_back(Start(Get(server), *recorders.back()));
    transfers.back()->PushEnd();
  }
  ASSERT_TRUE(loop_.RunUntil([&] { return client_.running() == kTransfers; }));
  EXPECT_EQ(client_.shard_count(), (kTransfers + kShardConnections - 1) / kShardConnections);
  go = true;
  go.notify_all();
  ASSERT_TRUE(loop_.RunUntil([&] {
    return std::all_of(recorders.begin(), recorders.end(), [](auto& r) { return r->over(); });
  }));
  for (auto& recorder : recorders) EXPECT_EQ(recorder->body, "ok");
}

TEST_F(ClientTest, AHeadAnswerHasNoBody) {
  ScriptedServer server([&](int fd, int) {
    while (!ReadHead(fd).empty()) WriteAll(fd, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
  });
  for (int i = 0; i < 2; ++i) {
    Request request = Get(server);
    request.method = "HEAD";
    Recorder recorder;
    Run(std::move(request), recorder);
    EXPECT_TRUE(recorder.ended);
    EXPECT_EQ(recorder.body, "");
  }
  EXPECT_EQ(server.connections(), 1);
}

}  // namespace
}  // namespace sluice::upstream
