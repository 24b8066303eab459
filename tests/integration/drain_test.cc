// Taking a data plane out of its load balancers' rotation by hand.
#include "tests/integration/stack_test.h"

namespace sluice::test {
namespace {

constexpr char kTarget[] = "/p/demo/models";

class DrainTest : public StackTest {
 protected:
  int ReadyStatus() {
    auto answer = Fetch(stack_->dataplane().port("ops"), "GET", "/readyz");
    return answer.ok() ? answer->status : 0;
  }
  nlohmann::json Node() {
    const CtlResult got = stack_->Ctl({"node", "get", "dataplane0"});
    return got.ok() ? got.json : nlohmann::json::object();
  }
  RawSocket Connected() {
    auto socket = RawSocket::Connect(stack_->port());
    EXPECT_TRUE(socket.ok()) << socket.status();
    return *std::move(socket);
  }
  // One more request on a connection that is kept.
  absl::StatusOr<HttpAnswer> AskOn(RawSocket& socket) {
    if (absl::Status sent = socket.SendAll(HeadText("GET", kTarget)); !sent.ok()) return sent;
    return ReadAnswer(socket);
  }
};

TEST_F(DrainTest, TheNodeLeavesTheRotationAndWhatIsUnderWayGoesOn) {
  RawSocket idle = Connected();
  ASSERT_EQ(AskOn(idle)->status, 200);
  RawSocket streaming = Connected();
  ASSERT_TRUE(streaming
                  .SendAll(RequestText(
                      "POST", "/p/demo/chat/completions?emu.hold=gate&emu.hold_after=1",
                      {Stack::Bearer(key_)}, R"({"model":"m","stream":true,"messages":[]})"))
                  .ok());
  auto stream = ReadHead(streaming);
  ASSERT_TRUE(stream.ok()) << stream.status();

  const CtlResult drained = stack_->Ctl({"node", "drain", "dataplane0"});
  ASSERT_TRUE(drained.ok()) << drained.err;
  ASSERT_TRUE(Eventually([&] { return ReadyStatus() == 503; }));
  EXPECT_NE(Fetch(stack_->dataplane().port("ops"), "GET", "/readyz")->body.find("draining"),
            std::string::npos);
  EXPECT_TRUE(Eventually([&] { return Node()["draining"] == true; }));
  EXPECT_EQ(Node()["open_streams"], 1);

  auto last = AskOn(idle);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->status, 200) << "it still serves";
  EXPECT_EQ(last->Header("Connection"), "close");
  EXPECT_TRUE(idle.WaitForEnd().ok());
  auto fresh = Ask("GET", kTarget);
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(fresh->status, 200) << "whoever has not heard yet is served";
  stack_->emulator().Release("gate");
  ASSERT_TRUE(ReadBody(streaming, *stream, "POST").ok()) << "the stream was not cut";
  EXPECT_TRUE(stream->body.ends_with("data: [DONE]\n\n"));

  ASSERT_TRUE(stack_->Ctl({"node", "drain", "dataplane0", "--undo"}).ok());
  ASSERT_TRUE(Eventually([&] { return ReadyStatus() == 200; }));
  RawSocket kept = Connected();
  EXPECT_EQ(AskOn(kept)->status, 200);
  EXPECT_EQ(AskOn(kept)->status, 200);
  EXPECT_TRUE(Eventually([&] { return Node()["draining"] == false; }));
  const CtlResult audit = stack_->Ctl({"audit", "list"});
  EXPECT_NE(audit.out.find("node dataplane0 told to drain"), std::string::npos) << audit.out;
  EXPECT_NE(audit.out.find("node dataplane0 told to end its drain"), std::string::npos);
}

TEST_F(DrainTest, ANewConnectionToTheControlPlaneEndsIt) {
  ASSERT_TRUE(stack_->Ctl({"node", "drain", "dataplane0"}).ok());
  ASSERT_TRUE(Eventually([&] { return ReadyStatus() == 503; }));
  stack_->controlplane().Kill();
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  EXPECT_TRUE(Eventually([&] { return ReadyStatus() == 200; }, 3 * kPatience));
}

TEST_F(DrainTest, ANodeThatIsNotThereCannotBeDrained) {
  const CtlResult result = stack_->Ctl({"node", "drain", "nobody"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("node \"nobody\" is not connected"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace sluice::test
