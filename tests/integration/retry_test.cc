// When a request is sent to a provider a second time, and above all when it is not.
#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"
#include "tests/support/raw_upstream.h"

namespace sluice::test {
namespace {

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr int kThreads = 4;
constexpr int kPostsPerThread = 250;

class RetryTest : public StackTest {
 protected:
  // Answers the first request of each connection, and ends the connection at the second one, after
  // it has read it, without a byte of an answer: as a provider does whose idle timeout has passed.
  RetryTest()
      : upstream_(RawUpstream::Script([this](RawSocket& socket, size_t) {
          for (int i = 0; i < 2; ++i) {
            std::string request = RawUpstream::ReadRequest(socket);
            if (request.empty()) return;
            upstream_.Record(std::move(request));
            if (i == 0 && !socket.SendAll(kOk).ok()) return;
          }
        })) {}
  void SetUp() override {
    StackTest::SetUp();
    if (HasFatalFailure()) return;
    // What it does is a failure of the provider, and would open the breaker.
    const CtlResult created =
        stack_->Ctl({"provider", "create", "drops", "--preset", "openai", "--base-url",
                     upstream_.url() + "/v1", "--breaker", "false"});
    ASSERT_TRUE(created.ok()) << created.err;
    const CtlResult added = stack_->Ctl(
        {"provider-key", "add", "drops", "--name", "main", "-", "--wait"}, "sk-emulator-1");
    ASSERT_TRUE(added.ok()) << added.err;
  }
  // The status of a request on `client`; 0 if there was no answer.
  int Send(RawSocket& client, const std::string& method, const std::string& id,
           const std::string& field, const std::string& body = "{}") {
    std::vector<std::string> headers = {Stack::Bearer(key_), "X-Id: " + id};
    if (!field.empty()) headers.push_back(field);
    if (!client.SendAll(RequestText(method, "/p/drops/x", headers, body)).ok()) return 0;
    const auto answer = ReadAnswer(client, method);
    return answer.ok() ? answer->status : 0;
  }
  RawSocket Connect() { return *RawSocket::Connect(stack_->port()); }
  // How often each X-Id arrived.
  std::map<std::string, int> Arrivals() const {
    std::map<std::string, int> arrivals;
    for (const std::string& request : upstream_.requests()) {
      const size_t at = request.find("X-Id: ");
      if (at == std::string::npos) continue;
      ++arrivals[request.substr(at + 6, request.find("\r\n", at) - at - 6)];
    }
    return arrivals;
  }

  RawUpstream upstream_;
};

TEST_F(RetryTest, OfAThousandPostsNoneArrivesTwice) {
  std::vector<std::map<int, int>> statuses(kThreads);
  std::vector<std::thread> clients;
  for (int thread = 0; thread < kThreads; ++thread) {
    clients.emplace_back([this, thread, &statuses] {
      RawSocket client = Connect();
      for (int i = 0; i < kPostsPerThread; ++i) {
        const std::string id = std::to_string(thread) + "-" + std::to_string(i);
        ++statuses[thread][Send(client, "POST", id, "")];
      }
    });
  }
  for (std::thread& client : clients) client.join();
  std::map<int, int> total;
  for (const auto& counts : statuses) {
    for (const auto& [status, count] : counts) total[status] += count;
  }
  EXPECT_EQ(total[200] + total[502], kThreads * kPostsPerThread);
  EXPECT_GT(total[200], 0);
  EXPECT_GT(total[502], 0) << "no connection was used again: the test shows nothing";
  const auto arrivals = Arrivals();
  EXPECT_EQ(arrivals.size(), static_cast<size_t>(kThreads * kPostsPerThread));
  for (const auto& [id, count] : arrivals) EXPECT_EQ(count, 1) << "post " << id;
}

TEST_F(RetryTest, WhatIsRepeatableGoesThrough) {
  RawSocket client = Connect();
  for (int i = 0; i < 20; ++i) {
    const std::string id = std::to_string(i);
    ASSERT_EQ(Send(client, "POST", "key-" + id, "Idempotency-Key: " + id), 200) << i;
    ASSERT_EQ(Send(client, "GET", "get-" + id, "", ""), 200) << i;
  }
  int twice = 0;
  for (const auto& [id, count] : Arrivals()) {
    EXPECT_LE(count, 2) << id;
    twice += count == 2;
  }
  EXPECT_GT(twice, 0) << "nothing had to be repeated: the test shows nothing";
}

TEST_F(RetryTest, TheOperatorMayAllowItAndTheBodyIsTheSame) {
  ASSERT_TRUE(
      stack_->Ctl({"provider", "update", "drops", "--repeat-unsafe", "true", "--wait"}).ok());
  RawSocket client = Connect();
  const std::string body(200'000, 'b');
  for (int i = 0; i < 6; ++i) {
    ASSERT_EQ(Send(client, "POST", std::to_string(i), "", body), 200) << i;
  }
  const auto requests = upstream_.requests();
  EXPECT_GT(requests.size(), 6u);
  for (const std::string& request : requests) EXPECT_TRUE(request.ends_with(body));
}

TEST_F(RetryTest, ABodyOfMoreThanAMebibyteIsNotHeld) {
  ASSERT_TRUE(
      stack_->Ctl({"provider", "update", "drops", "--repeat-unsafe", "true", "--wait"}).ok());
  RawSocket client = Connect();
  const std::string body((1 << 20) + 1, 'b');
  ASSERT_EQ(Send(client, "POST", "0", "", body), 200);
  EXPECT_EQ(Send(client, "POST", "1", "", body), 502);
  EXPECT_EQ(Arrivals()["1"], 1);
}

TEST_F(RetryTest, OneAttemptIsOneAttempt) {
  ASSERT_TRUE(stack_
                  ->Ctl({"provider", "update", "drops", "--max-attempts", "1", "--repeat-unsafe",
                         "true", "--wait"})
                  .ok());
  RawSocket client = Connect();
  ASSERT_EQ(Send(client, "POST", "0", ""), 200);
  EXPECT_EQ(Send(client, "POST", "1", ""), 502);
  EXPECT_EQ(Arrivals()["1"], 1);
}

}  // namespace
}  // namespace sluice::test
