#include "tests/integration/conformance/runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "nlohmann/json.hpp"
#include "tests/integration/conformance/pieces.h"
#include "tests/integration/conformance/rows.h"
#include "tests/support/http_reader.h"

namespace sluice::test {
namespace {

// The gateway's own address in what a client is expected to see, over TLS.
std::string WithHttps(std::string head) {
  constexpr std::string_view kPlain = "http://";
  for (size_t at = 0; (at = head.find(kPlain, at)) != std::string::npos; at += kPlain.size()) {
    const size_t end = head.find_first_of("/ \r\n", at + kPlain.size());
    if (end != std::string::npos && head.compare(end, 3, "/p/") == 0) head.insert(at + 4, "s");
  }
  return head;
}

std::string MethodOf(const std::string& request) { return request.substr(0, request.find(' ')); }

class CaseRun {
 public:
  CaseRun(World& world, const Case& test, Way way)
      : world_(world), test_(test), way_(way), names_(world.names()) {}

  void Run() {
    world_.provider().Begin(Turns(), world_.FactsOf(test_.provider));
    auto socket = RawSocket::Connect(world_.port());
    ASSERT_TRUE(socket.ok()) << socket.status();
    SendRequest(*socket);
    ReadFirstAnswer(*socket);
    ReadCaseAnswer(*socket);
    if (::testing::Test::HasFatalFailure()) return Report();
    CheckEnd(*socket);
    EXPECT_TRUE(world_.provider().WaitUntilSettled())
        << "the provider did not get all of its requests, or not their ends";
    CheckForwarded();
    if (test_.answer.spent || test_.answer.surplus) CheckNext();
    Report();
  }

 private:
  bool in_pieces() const { return way_ == Way::kFragmented; }
  bool pipelined() const { return way_ == Way::kPipelined; }
  std::string Text(const std::string& text) const { return Filled(text, names_); }

  Turn TurnFor(const Case& test) const {
    Turn turn{world_.FactsOf(test.provider), test.answer, in_pieces()};
    turn.answer.bytes = Text(test.answer.bytes);
    return turn;
  }

  std::deque<Turn> Turns() const {
    std::deque<Turn> turns;
    if (pipelined()) turns.push_back(TurnFor(OrdinaryCase()));
    if (test_.forwarded && !test_.forwarded->cut) turns.push_back(TurnFor(test_));
    return turns;
  }

  // A peer that has said its last word may be gone: what it answered is what counts.
  void SendRequest(RawSocket& socket) {
    const std::string before = pipelined() ? Text(OrdinaryCase().sends) : "";
    (void)Send(socket, before + Text(test_.sends), in_pieces());
  }

  void ReadFirstAnswer(RawSocket& socket) {
    if (!pipelined()) return;
    SCOPED_TRACE("the request before it");
    Names names = names_;
    Compare(OrdinaryCase(), socket, names);
  }

  void ReadCaseAnswer(RawSocket& socket) {
    if (!test_.awaits.empty()) {
      auto awaited = socket.ReadExactly(test_.awaits.size());
      ASSERT_TRUE(awaited.ok()) << awaited.status();
      ASSERT_EQ(*awaited, test_.awaits);
      (void)Send(socket, Text(test_.then_sends), in_pieces());
    }
    Compare(test_, socket, names_);
  }

  // Reads the answer to `test` and compares it.
  void Compare(const Case& test, RawSocket& socket, Names& names) {
    auto answer = ReadHead(socket);
    ASSERT_TRUE(answer.ok()) << answer.status();
    const std::string method = MethodOf(test.sends);
    const absl::Status read = ReadBody(socket, *answer, method);
    const bool cut = test.received.then == ClientSees::kCut;
    if (cut) {
      EXPECT_FALSE(read.ok()) << "the answer has an end, but should be cut";
    } else {
      ASSERT_TRUE(read.ok()) << read << "\n" << answer->raw_head << Shown(answer->body);
    }
    EXPECT_TRUE(answer->trailers.empty()) << "the answer has trailers";
    const std::string length = answer->Header("Content-Length").value_or("0");
    const size_t size = method == "HEAD" ? std::stoull(length) : answer->body.size();
    const std::string expected = Filled(test.received.head, names);
    const std::string difference =
        Difference(world_.tls() ? WithHttps(expected) : expected, answer->raw_head, size, names);
    EXPECT_TRUE(difference.empty())
        << "in the head of the answer: " << difference << "\nIts body is " << Shown(answer->body);
    if (test.received.envelope && method != "HEAD") {
      CheckEnvelope(*test.received.envelope, answer->body);
    } else {
      const std::string body = Filled(test.received.body, names);
      EXPECT_TRUE(answer->body == body) << "expected the body:\n"
                                        << Shown(body) << "\nbut got:\n"
                                        << Shown(answer->body);
    }
  }

  void CheckEnvelope(const Envelope& expected, const std::string& body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    ASSERT_TRUE(json.is_object() && json.size() == 1 && json.contains("error")) << body;
    const auto& error = json["error"];
    ASSERT_TRUE(error.is_object() && error.size() == 4) << body;
    ASSERT_TRUE(error.contains("message") && error["message"].is_string()) << body;
    EXPECT_EQ(error.value("type", ""), expected.type) << body;
    EXPECT_EQ(error.value("code", ""), expected.code) << body;
    ASSERT_TRUE(error.contains("param")) << body;
    EXPECT_TRUE(error["param"].is_null()) << body;
    const std::string message = error["message"].get<std::string>();
    EXPECT_NE(message, "");
    if (!expected.message.empty()) {
      EXPECT_EQ(message, expected.message);
    }
    for (const std::string& secret : world_.Secrets()) {
      EXPECT_EQ(body.find(secret), std::string::npos) << "the message names " << secret;
    }
  }

  void CheckEnd(RawSocket& socket) {
    switch (test_.received.then) {
      case ClientSees::kKeptAlive:
        return CheckKeptAlive(socket);
      case ClientSees::kClosed: {
        auto rest = socket.ReadToEnd();
        ASSERT_TRUE(rest.ok()) << "the connection does not end in order: " << rest.status();
        EXPECT_EQ(*rest, "") << "there are bytes behind the answer";
        return;
      }
      case ClientSees::kCut: {
        auto end = socket.WaitForEnd();
        EXPECT_TRUE(end.ok()) << "the connection stays open: " << end.status();
        return;
      }
    }
  }

  // Whatever the settings are, this is answered, and by the gateway itself.
  void CheckKeptAlive(RawSocket& socket) {
    const Case& probe = ProbeCase();
    SCOPED_TRACE("the next request of the connection");
    ASSERT_TRUE(socket.SendAll(Text(probe.sends)).ok());
    Names names = world_.names();
    Compare(probe, socket, names);
  }

  void CheckForwarded() {
    const std::vector<Visit> visits = world_.provider().visits();
    const size_t before = pipelined() ? 1 : 0;
    if (pipelined() && !visits.empty()) {
      SCOPED_TRACE("the request before it, as the provider got it");
      Names names = world_.names();
      CompareVisit(*OrdinaryCase().forwarded, visits[0], names);
    }
    if (!test_.forwarded) return;
    if (test_.forwarded->cut) {
      for (const Visit& cut : world_.provider().cuts()) {
        if (cut.head.find(test_.forwarded->mark) == std::string::npos) continue;
        EXPECT_TRUE(Text(test_.forwarded->body).starts_with(cut.body)) << Shown(cut.body);
      }
      return;
    }
    ASSERT_EQ(visits.size(), before + 1);
    CompareVisit(*test_.forwarded, visits[before], names_);
  }

  void CompareVisit(const Forwarded& expected, const Visit& visit, Names& names) {
    const std::string body = Filled(expected.body, names);
    const std::string difference =
        Difference(Filled(expected.head, names), visit.head, body.size(), names);
    EXPECT_TRUE(difference.empty()) << "in the head that the provider received: " << difference;
    const bool may_stop = test_.answer.when == When::kAfterHead && !visit.whole;
    EXPECT_TRUE(may_stop ? body.starts_with(visit.body) : visit.body == body)
        << "the provider received the body:\n"
        << Shown(visit.body) << "\nbut should have got:\n"
        << Shown(body);
  }

  // The next request to the provider is answered as it should be, and finds another connection if
  // it must.
  void CheckNext() {
    SCOPED_TRACE("the request after it, to the same provider");
    const std::vector<Visit> visits = world_.provider().visits();
    ASSERT_FALSE(visits.empty());
    const Case next = OrdinaryCase(test_.provider);
    world_.provider().Begin({TurnFor(next)}, world_.FactsOf(test_.provider));
    auto socket = RawSocket::Connect(world_.port());
    ASSERT_TRUE(socket.ok() && socket->SendAll(Text(next.sends)).ok());
    Names names = world_.names();
    Compare(next, *socket, names);
    ASSERT_TRUE(world_.provider().WaitUntilSettled());
    if (test_.answer.spent) {
      EXPECT_NE(world_.provider().visits().back().connection, visits.back().connection);
    }
  }

  void Report() {
    for (const std::string& violation : world_.provider().TakeViolations()) {
      ADD_FAILURE() << "the provider was sent " << violation;
    }
    for (const std::string& alarm : world_.TakeAlarms(test_.announced)) {
      ADD_FAILURE() << "nobody announced this line: " << alarm;
    }
  }

  World& world_;
  const Case& test_;
  const Way way_;
  Names names_;
};

}  // namespace

std::string ReasonAgainst(const Case& test, Way way) {
  switch (way) {
    case Way::kFragmented:
      return test.not_fragmented;
    case Way::kPipelined:
      return test.not_pipelined;
    case Way::kWhole:
      break;
  }
  return "";
}

void RunCase(World& world, const Case& test, Way way) {
  const absl::Status prepared = world.Prepare(test);
  ASSERT_TRUE(prepared.ok()) << prepared;
  CaseRun(world, test, way).Run();
}

}  // namespace sluice::test
