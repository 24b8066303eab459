#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
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
