// Connections that are used again, or must not be; and providers that stop half-way.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/unit/dataplane/upstream/client_fixture.h"

namespace sluice::upstream {
namespace {

using std::chrono::milliseconds;

TEST_F(ClientTest, AKeptConnectionThatHasEndedIsNotUsedThoughTheLoopHasNotSaidSo) {
  std::atomic<bool> closed{false};
  ScriptedServer server([&](int fd, int n) {
    ReadHead(fd);
    WriteAll(fd, kOk);
    if (n > 0) return WaitForClose(fd);
    shutdown(fd, SHUT_RDWR);
    closed = true;
  });
  Recorder first;
  Run(Get(server), first);
  ASSERT_TRUE(first.ended);
  // The loop does not turn meanwhile.
  while (!closed) std::this_thread::yield();
  Recorder second;
  TransferLease transfer = Start(Post(server, http::Framing::Length(5)), second);
  transfer->Push("hello");
  transfer->PushEnd();
  ASSERT_TRUE(loop_.RunUntil([&] { return second.over(); }));
  EXPECT_EQ(second.body, "ok") << second.error.message;
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientTest, BytesBehindAnAnswerAreNotTheNextOneThoughTheLoopHasNotSaidSo) {
  std::atomic<bool> answered{false};
  std::atomic<bool> appended{false};
  ScriptedServer server([&](int fd, int n) {
    ReadHead(fd);
    WriteAll(fd, kOk);
    if (n == 0) {
      while (!answered) std::this_thread::yield();
      WriteAll(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
      appended = true;
    }
    WaitForClose(fd);
  });
  Recorder first;
  Run(Get(server), first);
  answered = true;
  while (!appended) std::this_thread::yield();
  Recorder second;
  Run(Get(server), second);
  EXPECT_EQ(second.body, "ok");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientTest, AnAnswerWithoutABodyThatSpeaksOfOneEndsItsConnection) {
  for (const char* framing : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
    ScriptedServer server([&](int fd, int) {
      ReadHead(fd);
      WriteAll(fd, std::string("HTTP/1.1 204 No Content\r\n") + framing + "\r\n");
      WaitForClose(fd);
    });
    for (int i = 0; i < 2; ++i) {
      Recorder recorder;
      Run(Get(server), recorder);
      EXPECT_EQ(recorder.status, 204);
      EXPECT_TRUE(recorder.ended);
    }
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST_F(ClientTest, AConnectionThatSaysCloseIsNotUsedAgain) {
  ScriptedServer server([&](int fd, int) {
    ReadHead(fd);
    WriteAll(fd, "HTTP/1.1 200 OK\r\nConnection: X-Hop ,\tClose\r\nContent-Length: 2\r\n\r\nok");
    WaitForClose(fd);
  });
  for (int i = 0; i < 2; ++i) {
    Recorder recorder;
    Run(Get(server), recorder);
    EXPECT_EQ(recorder.body, "ok");
  }
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientTest, AProviderThatTakesNothingOfABodyTimesOut) {
  std::atomic<bool> over{false};
  ScriptedServer server([&](int, int) { over.wait(false); });
  Request request = Post(server, http::Framing::Length(64 << 20));
  request.idle_timeout = milliseconds(200);
  Recorder recorder;
  TransferLease transfer = Start(std::move(request), recorder);
  transfer->Push("x");
  ASSERT_TRUE(loop_.RunUntil([&] { return client_.running() == 1; }));
  const std::string piece(64 * 1024, 'u');
  http::Flow flow = http::Flow::kMore;
  EXPECT_TRUE(loop_.RunUntil([&] {
    if (recorder.drained) flow = http::Flow::kMore;
    recorder.drained = false;
    if (flow == http::Flow::kMore && !recorder.over()) flow = transfer->Push(piece);
    return recorder.over();
  }));
  EXPECT_EQ(recorder.error.code, "upstream_timeout");
  over = true;
  over.notify_all();
}

TEST_F(ClientTest, AnObserverThatIsFullIsNotGivenTheRestOfWhatWasRead) {
  std::string chunks;
  for (int i = 0; i < 1000; ++i) chunks += "2\r\nab\r\n";
  ScriptedServer server([&](int fd, int) {
    ReadHead(fd);
    WriteAll(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n");
    WaitForClose(fd);
  });
  Recorder recorder;
  recorder.full_at = 10;
  Request request = Get(server);
  request.idle_timeout = milliseconds(100);
  TransferLease transfer = Start(std::move(request), recorder);
  transfer->PushEnd();
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.paused; }));
  EXPECT_EQ(recorder.body.size(), 10u);
  EXPECT_FALSE(loop_.RunUntil([&] { return recorder.body.size() > 10; }, milliseconds(50)));
  EXPECT_GT(levels_.download_bytes.now(), 0);
  // And full again in the midst of the rest: the provider's silence counts for nothing then.
  recorder.full_at = 20;
  recorder.paused = false;
  transfer->ResumeResponse();
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.paused; }));
  EXPECT_FALSE(loop_.RunUntil([&] { return recorder.body.size() > 20 || recorder.over(); },
                              milliseconds(300)));
  EXPECT_EQ(recorder.body.size(), 20u);
  transfer->ResumeResponse();
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.over(); }));
  EXPECT_TRUE(recorder.ended);
  EXPECT_EQ(recorder.body.size(), 2000u);
  EXPECT_EQ(levels_.download_bytes.now(), 0);
}

TEST_F(ClientTest, AnAnswerWithoutLengthThatIsResetIsNotWhole) {
  std::atomic<bool> begun{false};
  ScriptedServer server([&](int fd, int) {
    ReadHead(fd);
    WriteAll(fd, "HTTP/1.1 200 OK\r\n\r\npartial");
    while (!begun) std::this_thread::yield();
    // Of the body nothing was read, so this is a reset.
  });
  Recorder recorder;
  TransferLease transfer = Start(Post(server, http::Framing::Length(64 << 20)), recorder);
  const std::string piece(1 << 20, 'u');
  transfer->Push(piece);
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.body == "partial"; }));
  transfer->Push(piece);
  begun = true;
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.over(); }));
  EXPECT_TRUE(recorder.failed);
  EXPECT_FALSE(recorder.ended);
}

TEST_F(ClientTest, WhatNeverLeftIsKnownToHaveBeenSentNowhere) {
  std::string origin;
  {
    origin = ScriptedServer([](int, int) {}).origin();
  }
  Request request;
  request.method = "POST";
  request.origin = origin;
  request.target = "/";
  Recorder recorder;
  Run(std::move(request), recorder);
  EXPECT_TRUE(recorder.nothing_sent);

  ScriptedServer server([](int fd, int) { ReadHead(fd); });
  Recorder taken;
  Run(Post(server, http::Framing::None()), taken);
  EXPECT_EQ(taken.error.code, "upstream_reset");
  EXPECT_FALSE(taken.nothing_sent);
}

}  // namespace
}  // namespace sluice::upstream
