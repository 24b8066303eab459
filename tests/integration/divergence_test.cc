// A control plane that is not the one the fleet knew: the nodes keep serving and say why, until the
// operator says otherwise.
#include <filesystem>

#include "tests/integration/stack_test.h"

namespace sluice::test {
namespace {

class DivergenceTest : public StackTest {
 protected:
  // Why the node refuses what it is offered, once it does.
  std::string Refusal() {
    std::string reason;
    Eventually([&] {
      const CtlResult nodes = stack_->Ctl({"node", "list"});
      if (!nodes.ok() || nodes.json["nodes"].empty()) return false;
      const auto& refusals = nodes.json["nodes"][0]["refusals"];
      if (refusals.empty()) return false;
      reason = refusals[0].get<std::string>();
      return true;
    });
    return reason;
  }
  // Starts a control plane with the files in `folder` instead of the one that ran.
  void ReplaceControlplane(const std::string& folder) {
    stack_->controlplane().Stop();
    const std::string live = stack_->folder().File("controlplane");
    std::filesystem::remove_all(live);
    if (folder.empty()) {
      std::filesystem::create_directory(live);
    } else {
      std::filesystem::copy(folder, live);
    }
    const absl::Status back = stack_->RestartControlplane();
    ASSERT_TRUE(back.ok()) << back;
  }
};

TEST_F(DivergenceTest, AWipedDatabaseIsNotObeyedUntilItIsAccepted) {
  AnnounceError("divergence");
  AnnounceError("refused the join token");
  ReplaceControlplane("");
  EXPECT_NE(Refusal().find("has epoch"), std::string::npos) << stack_->logs();
  EXPECT_EQ(Status(), 200);

  const CtlResult accepted = stack_->Ctl({"node", "accept", "--all"});
  ASSERT_TRUE(accepted.ok()) << accepted.err;
  EXPECT_EQ(accepted.json["nodes"].size(), 1u) << accepted.out;
  EXPECT_TRUE(Eventually([&] { return Status() == 401; })) << "the new store has no client key";
  const CtlResult audit = stack_->Ctl({"audit", "list"});
  EXPECT_NE(audit.out.find("told to accept"), std::string::npos) << audit.out;
}

TEST_F(DivergenceTest, AnOldCopyOfTheDatabaseIsNotObeyedUntilItIsAccepted) {
  AnnounceError("divergence");
  stack_->controlplane().Stop();
  const std::string copy = stack_->folder().File("copy");
  std::filesystem::copy(stack_->folder().File("controlplane"), copy);
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  ASSERT_TRUE(stack_->AddProvider("late", "openai", stack_->emulator().url() + "/v1").ok());
  ASSERT_TRUE(Eventually([&] { return Status("/p/late/models") == 200; }));

  ReplaceControlplane(copy);
  EXPECT_NE(Refusal().find("already serves revision"), std::string::npos) << stack_->logs();
  EXPECT_EQ(Status("/p/late/models"), 200);
  const CtlResult accepted = stack_->Ctl({"node", "accept", "dataplane0"});
  ASSERT_TRUE(accepted.ok()) << accepted.err;
  EXPECT_TRUE(Eventually([&] { return Status("/p/late/models") == 400; }));
  EXPECT_EQ(Status(), 200);
}

}  // namespace
}  // namespace sluice::test
