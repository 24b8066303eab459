// A control plane that comes back from a backup: the nodes see that it is older than what they
// serve, and wait for the operator.
#include <filesystem>

#include "tests/integration/stack_test.h"
#include "tests/support/stack/programs.h"

namespace sluice::test {
namespace {

class RestoreTest : public StackTest {
 protected:
  void Write(const std::string& provider) {
    const absl::Status added =
        stack_->AddProvider(provider, "openai", stack_->emulator().url() + "/v1");
    ASSERT_TRUE(added.ok()) << added;
  }
  Finished Restore(const std::vector<std::string>& more) {
    ProcessOptions options;
    options.program = ControlplaneProgram();
    options.args = {"--database",        stack_->folder().File("controlplane/sluice.db"),
                    "--master-key-file", stack_->folder().File("controlplane/master.key"),
                    "--restore",         backup_};
    options.args.insert(options.args.end(), more.begin(), more.end());
    auto finished = RunProgram(std::move(options));
    EXPECT_TRUE(finished.ok()) << finished.status();
    return finished.ok() ? *std::move(finished) : Finished();
  }
  nlohmann::json Node() {
    const CtlResult nodes = stack_->Ctl({"node", "list"});
    return nodes.ok() && !nodes.json["nodes"].empty() ? nodes.json["nodes"][0] : nullptr;
  }

  std::string backup_;
};

TEST_F(RestoreTest, ARestoredControlPlaneIsNotObeyedUntilItIsAccepted) {
  AnnounceError("divergence");
  backup_ = stack_->folder().File("saved.backup");
  for (const char* early : {"early1", "early2", "early3"}) Write(early);
  const CtlResult saved = stack_->Ctl({"backup", "--to", backup_});
  ASSERT_TRUE(saved.ok()) << saved.err;
  const int64_t then = saved.json["revision"].get<int64_t>();
  for (const char* late : {"late1", "late2", "late3"}) Write(late);
  ASSERT_EQ(Status("/p/late3/models"), 200);

  EXPECT_EQ(Restore({"--replace"}).exit_code, 1) << "a control plane runs on it";
  stack_->controlplane().Stop();
  const Finished refused = Restore({});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("--replace"), std::string::npos) << refused.err;
  const Finished restored = Restore({"--replace"});
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_NE(restored.out.find("revision " + std::to_string(then)), std::string::npos)
      << restored.out;

  const absl::Status back = stack_->RestartControlplane();
  ASSERT_TRUE(back.ok()) << back;
  std::string refusal;
  ASSERT_TRUE(Eventually([&] {
    const nlohmann::json node = Node();
    if (node.is_null() || node["refusals"].empty()) return false;
    refusal = node["refusals"][0].get<std::string>();
    return true;
  })) << stack_->logs();
  EXPECT_NE(refusal.find("divergence"), std::string::npos) << refusal;
  EXPECT_EQ(Status("/p/late3/models"), 200) << "the node must keep what it had";
  EXPECT_EQ(Status("/p/early1/models"), 200);

  const CtlResult accepted = stack_->Ctl({"node", "accept", "--all"});
  ASSERT_TRUE(accepted.ok()) << accepted.err;
  EXPECT_TRUE(Eventually([&] { return Status("/p/late3/models") == 400; })) << stack_->logs();
  EXPECT_EQ(Status("/p/early1/models"), 200);
  EXPECT_TRUE(Eventually([&] {
    const nlohmann::json node = Node();
    return !node.is_null() && node["acked_revision"] == then;
  }));
  // What was written after the backup is in the audit of nobody; the chain holds all the same.
  EXPECT_TRUE(stack_->Ctl({"audit", "verify"}).ok());
  const CtlResult wrote =
      stack_->Ctl({"settings", "set", "enable_passthrough_routes=false", "--wait"});
  ASSERT_TRUE(wrote.ok()) << wrote.err;
  EXPECT_EQ(Status("/p/early1/models"), 404);
}

TEST_F(RestoreTest, ABackupDuringWritesIsWhole) {
  backup_ = stack_->folder().File("saved.backup");
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(
        stack_->Ctl({"settings", "set", "max_header_fields=" + std::to_string(64 + round)}).ok());
    ASSERT_TRUE(stack_->Ctl({"backup", "--to", backup_}).ok());
  }
  for (const auto& entry :
       std::filesystem::directory_iterator(stack_->folder().File("controlplane"))) {
    EXPECT_EQ(entry.path().string().find(".backup-"), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace sluice::test
