// The whole stack with TLS to the control plane: nodes with certificates, and those without.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/stack_test.h"
#include "tests/support/stack/programs.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::minutes kLong{3};

class TlsTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.tls = true;
    return options;
  }

  nlohmann::json Node(const std::string& id = "dataplane0") {
    return stack_->Ctl({"node", "get", id}).json;
  }
  bool IsConnected(const std::string& id) {
    const nlohmann::json node = Node(id);
    return node.is_object() && node.value("connected", false);
  }
  bool LogSays(size_t dataplane, const std::string& text) {
    return Eventually(
        [&] { return stack_->dataplane(dataplane).log().find(text) != std::string::npos; });
  }
  // The text of a new join token.
  std::string Token(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"join-token", "create", "--name", name};
    args.insert(args.end(), more.begin(), more.end());
    const CtlResult made = stack_->Ctl(args);
    EXPECT_TRUE(made.ok()) << made.err;
    return made.json.is_object() ? made.json.value("token", "") : "";
  }
  // A further data plane that has only that token; not ready perhaps.
  ServerProcess& AddWithToken(const std::string& token) {
    const std::string file = "token" + std::to_string(stack_->dataplanes());
    EXPECT_TRUE(stack_->folder().Write(file, token));
    auto added = stack_->AddDataplane();
    EXPECT_TRUE(added.ok()) << added.status();
    ServerProcess& dataplane = **added;
    dataplane.Stop();
    std::vector<std::string> args = dataplane.args();
    const auto flag = std::find(args.begin(), args.end(), "--join-token-file");
    *(flag + 1) = stack_->folder().File(file);
    const auto state = std::find(args.begin(), args.end(), "--state-dir");
    *(state + 1) += ".anew";
    const auto id = std::find(args.begin(), args.end(), "--node-id");
    *(id + 1) += "-anew";
    dataplane.SetArgs(args);
    EXPECT_TRUE(dataplane.Start().ok());
    return dataplane;
  }
  std::string Control() const {
    return "127.0.0.1:" + std::to_string(stack_->controlplane().port("grpc"));
  }
  Finished Ctl(std::vector<std::string> args) {
    ProcessOptions options;
    options.program = SluicectlProgram();
    options.args = std::move(args);
    options.args.insert(options.args.end(), {"--server", Control(), "--token-file",
                                             stack_->folder().File("controlplane/admin.token")});
    options.unset = {"SLUICE_CA_FILE", "SLUICE_TOKEN"};
    auto finished = RunProgram(std::move(options));
    EXPECT_TRUE(finished.ok()) << finished.status();
    return *std::move(finished);
  }
};

class RenewalTest : public TlsTest {
 protected:
  StackOptions Options() override {
    StackOptions options = TlsTest::Options();
    options.controlplane_args = {"--node-certificate-lifetime", "1m"};
    return options;
  }
};

TEST_F(RenewalTest, ACertificateIsRenewedUnderTrafficAndNothingIsCut) {
  const std::string first = Node().value("certificate_expires_at", "");
  ASSERT_NE(first, "");
  auto stream = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(stream.ok());
  ASSERT_TRUE(stream
                  ->SendAll(RequestText(
                      "POST", "/p/demo/chat/completions?emu.pace_ms=100&emu.events=650",
                      {Stack::Bearer(key_)}, R"({"model":"m","stream":true,"messages":[]})"))
                  .ok());
  std::string streamed;
  std::thread reading([&] {
    auto head = ReadHead(*stream);
    ASSERT_TRUE(head.ok()) << head.status();
    const auto whole = StreamBody(
        *stream, *head, [&](std::string_view bytes) { streamed.append(bytes); }, "POST",
        Deadline(kLong));
    EXPECT_TRUE(whole.ok()) << whole;
  });
  std::atomic<bool> enough = false;
  std::atomic<int> asked = 0;
  std::thread asking([&] {
    while (!enough) {
      EXPECT_EQ(Status(), 200);
      ++asked;
    }
  });
  // Renewed, and connected with the new one: the control plane has it on the open stream.
  EXPECT_TRUE(Eventually(
      [&] {
        return stack_->dataplane().log().find("certificate of node dataplane0 renewed") !=
                   std::string::npos &&
               Node().value("certificate_expires_at", "") != first && IsConnected("dataplane0");
      },
      kLong));
  reading.join();
  enough = true;
  asking.join();
  EXPECT_TRUE(streamed.ends_with("data: [DONE]\n\n"));
  EXPECT_GT(asked, 100);
  ASSERT_TRUE(stack_->Ctl({"settings", "set", "enable_passthrough_routes=false", "--wait"}).ok());
  EXPECT_EQ(Status(), 404) << "the connection works both ways";
}

TEST_F(TlsTest, AnExpelledNodeServesOnAndComesBackOnlyWithANewToken) {
  AnnounceError("refused the certificate of node dataplane0");
  AnnounceError("refused the join token");
  ASSERT_TRUE(IsConnected("dataplane0"));
  ASSERT_TRUE(stack_->Ctl({"node", "expel", "dataplane0"}).ok());
  EXPECT_TRUE(Eventually([&] { return !IsConnected("dataplane0"); }));
  EXPECT_NE(Node().value("expelled_at", ""), "");
  EXPECT_TRUE(LogSays(0, "node dataplane0 was expelled"));
  EXPECT_EQ(Status(), 200) << "with what it has";

  ASSERT_TRUE(stack_->dataplane().Restart().ok());
  EXPECT_TRUE(LogSays(0, "needs a join token that was made since"));
  EXPECT_FALSE(IsConnected("dataplane0"));
  EXPECT_EQ(Status(), 200) << "from its disk";

  ASSERT_TRUE(stack_->folder().Write("controlplane/join.token", Token("new")));
  EXPECT_TRUE(Eventually([&] { return IsConnected("dataplane0"); }, kLong));
  EXPECT_EQ(Node().value("expelled_at", ""), "");
}

TEST_F(TlsTest, TokensThatAreUsedRevokedOrExpiredLetNobodyIn) {
  AnnounceError("refused the join token");
  const std::string once = Token("once", {"--single-use", "--expires", "1h"});
  AddWithToken(once);
  EXPECT_TRUE(Eventually([&] { return IsConnected("dataplane1-anew"); }));
  AddWithToken(once);
  EXPECT_TRUE(LogSays(2, "the join token \"once\" was for one use, and has been used"));

  const std::string revoked = Token("revoked");
  ASSERT_TRUE(stack_->Ctl({"join-token", "revoke", "revoked"}).ok());
  AddWithToken(revoked);
  EXPECT_TRUE(LogSays(3, "a valid join token is required"));

  AddWithToken(Token("short", {"--expires", "1ms"}));
  EXPECT_TRUE(LogSays(4, "the join token \"short\" has expired"));
  EXPECT_FALSE(IsConnected("dataplane2-anew"));

  // It needs its token no more.
  ASSERT_EQ(unlink(stack_->folder().File("token1").c_str()), 0);
  ASSERT_TRUE(stack_->dataplane(1).Restart().ok());
  EXPECT_TRUE(Eventually([&] { return IsConnected("dataplane1-anew"); }));
}

TEST_F(TlsTest, SluicectlTalksOnlyToTheControlPlaneOfItsCaFile) {
  const std::string ca = stack_->folder().File("controlplane/ca.crt");
  const Finished right = Ctl({"status", "--ca-file", ca});
  EXPECT_EQ(right.exit_code, 0) << right.err;

  auto other = Stack::Start(Options());
  ASSERT_TRUE(other.ok()) << other.status();
  const Finished wrong =
      Ctl({"status", "--ca-file", (*other)->folder().File("controlplane/ca.crt")});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("its certificate is not from the authority that was given"));

  const Finished plain = Ctl({"status"});
  EXPECT_EQ(plain.exit_code, 1);
  EXPECT_THAT(plain.err, HasSubstr("if it listens with TLS, its CA file must be given"));
}

class PlaintextTest : public TlsTest {
 protected:
  StackOptions Options() override { return {}; }
};

TEST_F(PlaintextTest, TlsToAPlaintextControlPlaneIsSaidSo) {
  // Of whomever.
  StackOptions options;
  options.tls = true;
  options.dataplanes = 0;
  auto other = Stack::Start(options);
  ASSERT_TRUE(other.ok()) << other.status();
  const std::string ca = (*other)->folder().File("controlplane/ca.crt");
  const Finished finished = Ctl({"status", "--ca-file", ca});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("what listens there does not speak TLS"));

  ASSERT_TRUE(stack_->AddDataplane({"--control-plane-ca-file", ca}).ok());
  EXPECT_TRUE(LogSays(1, "what listens there does not speak TLS"));
}

TEST_F(TlsTest, PlaintextToATlsControlPlaneIsSaidSo) {
  auto added = stack_->AddDataplane();
  ASSERT_TRUE(added.ok());
  (*added)->Stop();
  std::vector<std::string> args = (*added)->args();
  const auto flag = std::find(args.begin(), args.end(), "--control-plane-ca-file");
  args.erase(flag, flag + 2);
  (*added)->SetArgs(args);
  ASSERT_TRUE((*added)->Start().ok());
  EXPECT_TRUE(LogSays(1, "if it listens with TLS, its CA file must be given"));
}

}  // namespace
}  // namespace sluice::test
