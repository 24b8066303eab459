#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/dataplane/upstream/client_fixture.h"

namespace sluice::upstream {
namespace {

using std::chrono::milliseconds;

TEST_F(ClientTest, NamesEachFailure) {
  struct Case {
    const char* answer;
    const char* code;
    int status;
  };
  const std::vector<Case> cases = {
      {"", "upstream_reset", 502},
      {"HTTP/1.1 200 OK\r\nContent-Le", "upstream_reset", 502},
      {"SSH-2.0-OpenSSH\r\n", "upstream_protocol_error", 502},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
       "upstream_protocol_error", 502},
      {"HTTP/1.1 200 OK\r\nX: a\n\r\n", "upstream_protocol_error", 502},
      {"HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n", "upstream_protocol_error", 502},
      {"HTTP/1.1 200 OK\r\n folded: at once\r\n\r\n", "upstream_protocol_error", 502},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.answer);
    ScriptedServer server([&](int fd, int) {
      ReadHead(fd);
      WriteAll(fd, test.answer);
    });
    Recorder recorder;
    Run(Get(server), recorder);
    EXPECT_TRUE(recorder.failed);
    EXPECT_EQ(recorder.error.code, test.code);
    EXPECT_EQ(recorder.error.status, test.status);
    EXPECT_EQ(recorder.status, 0);
  }
}

TEST_F(ClientTest, RefusesALineThatIsTooLong) {
  ScriptedServer server([](int fd, int) {
    ReadHead(fd);
    WriteAll(fd, "HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x') + "\r\n\r\n");
  });
  Recorder recorder;
  Run(Get(server), recorder);
  EXPECT_EQ(recorder.error.code, "upstream_protocol_error");
}

TEST_F(ClientTest, AHeadThatBeginsFoldedAfterAnOrdinaryAnswerIsRefused) {
  ScriptedServer server([](int fd, int) {
    ReadHead(fd);
    WriteAll(fd, kOk);
    ReadHead(fd);
    WriteAll(fd, "HTTP/1.1 200 OK\r\n folded: at once\r\n\r\n");
  });
  Recorder first;
  Run(Get(server), first);
  EXPECT_TRUE(first.ended);
  Recorder second;
  Run(Get(server), second);
  EXPECT_EQ(second.error.code, "upstream_protocol_error");
}

TEST_F(ClientTest, BytesOnAnIdleConnectionAreNotTheNextAnswer) {
  std::atomic<bool> appended{false};
  ScriptedServer server([&](int fd, int n) {
    ReadHead(fd);
    WriteAll(fd, kOk);
    if (n == 0) {
      // A segment of its own, after the transfer has ended.
      while (!appended) std::this_thread::yield();
      WriteAll(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
      appended = false;
    }
    WaitForClose(fd);
  });
  Recorder first;
  Run(Get(server), first);
  EXPECT_TRUE(first.ended);
  appended = true;
  while (appended) std::this_thread::yield();
  // A turn of the loop sees the bytes, as it would in a worker before it starts anything.
  bool turned = false;
  loop_.Post([&] { turned = true; });
  ASSERT_TRUE(loop_.RunUntil([&] { return turned; }));
  Recorder second;
  Run(Get(server), second);
  EXPECT_EQ(second.body, "ok");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientTest, AnAnswerOfAnOlderVersionDoesNotChangeOurs) {
  std::mutex mutex;
  std::string heads;
  ScriptedServer server([&](int fd, int) {
    for (std::string head = ReadHead(fd); !head.empty(); head = ReadHead(fd)) {
      {
        std::lock_guard<std::mutex> lock(mutex);
        heads += head.substr(0, head.find('\r')) + ";";
      }
      WriteAll(fd, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  for (int i = 0; i < 2; ++i) {
    Recorder recorder;
    Run(Get(server), recorder);
    EXPECT_TRUE(recorder.ended);
  }
  std::lock_guard<std::mutex> lock(mutex);
  EXPECT_EQ(heads, "GET /x HTTP/1.1;GET /x HTTP/1.1;");
}

TEST_F(ClientTest, ACutBodyIsAFailureAfterItsHead) {
  ScriptedServer server([&](int fd, int) {
    ReadHead(fd);
    WriteAll(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
  });
  Recorder recorder;
  Run(Get(server), recorder);
  EXPECT_TRUE(recorder.failed);
  EXPECT_EQ(recorder.status, 200);
  EXPECT_EQ(recorder.body, "only this");
}

TEST_F(ClientTest, TimesOut) {
  ScriptedServer silent([&](int fd, int) { WaitForClose(fd); });
  Request request = Get(silent);
  request.first_byte_timeout = milliseconds(30);
  Recorder recorder;
  Run(std::move(request), recorder);
  EXPECT_EQ(recorder.error.code, "upstream_timeout");
  EXPECT_EQ(recorder.error.status, 504);
  EXPECT_EQ(client_.running(), 0u);

  ScriptedServer stalls([&](int fd, int) {
    ReadHead(fd);
    WriteAll(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    WaitForClose(fd);
  });
  Request second = Get(stalls);
  second.idle_timeout = milliseconds(30);
  Recorder stalled;
  Run(std::move(second), stalled);
  EXPECT_TRUE(stalled.failed);
  EXPECT_EQ(stalled.body, "a");
}

TEST_F(ClientTest, AnUnreachableProviderIsSaidToBe) {
  std::string origin;
  {
    origin = ScriptedServer([](int, int) {}).origin();
  }
  Request request;
  request.method = "GET";
  request.origin = origin;
  request.target = "/";
  Recorder recorder;
  Run(std::move(request), recorder);
  EXPECT_EQ(recorder.error.code, "upstream_unreachable");
  EXPECT_EQ(recorder.error.message.find("127.0.0.1"), std::string::npos);
}

}  // namespace
}  // namespace sluice::upstream
