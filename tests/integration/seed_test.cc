// A data plane that is born while no control plane is there.
#include <filesystem>

#include "tests/integration/stack_test.h"

namespace sluice::test {
namespace {

class SeedTest : public StackTest {
 protected:
  // With a seed in `seed_`, and its key where a node's operator has put it.
  void SetUp() override {
    StackTest::SetUp();
    seed_ = stack_->folder().File("sluice.seed");
    key_file_ = stack_->folder().File("seed.key");
    const CtlResult made = stack_->Ctl({"node", "seed", "--to", seed_});
    ASSERT_TRUE(made.ok()) << made.err;
    std::filesystem::copy_file(stack_->folder().File("controlplane/seed.key"), key_file_);
  }
  // A new data plane from the seed, started; ready or not.
  size_t Born() {
    auto born = stack_->AddDataplane({"--seed-file", seed_, "--seed-key-file", key_file_});
    EXPECT_TRUE(born.ok()) << born.status();
    return stack_->dataplanes() - 1;
  }
  int StatusOf(size_t index) {
    auto answer = Fetch(stack_->port(index), "GET", "/p/demo/models", {Stack::Bearer(key_)});
    return answer.ok() ? answer->status : 0;
  }
  std::string Serving(size_t index) {
    auto answer = Fetch(stack_->dataplane(index).port("ops"), "GET", "/readyz");
    if (!answer.ok()) return "";
    return nlohmann::json::parse(answer->body, nullptr, false).value("serving", "");
  }

  std::string seed_;
  std::string key_file_;
};

TEST_F(SeedTest, ADataPlaneIsBornWithoutAControlPlaneAndJoinsItLater) {
  stack_->controlplane().Kill();
  const size_t born = Born();
  EXPECT_EQ(StatusOf(born), 200) << stack_->logs();
  EXPECT_EQ(Serving(born), "last_known_good");
  EXPECT_EQ(
      Fetch(stack_->port(born), "GET", "/p/demo/models", {Stack::Bearer("slk_wrong")})->status,
      401);

  // What it was born with is its own now.
  std::filesystem::remove(seed_);
  stack_->dataplane(born).Kill();
  ASSERT_TRUE(stack_->dataplane(born).Start().ok());
  EXPECT_EQ(StatusOf(born), 200) << stack_->logs();

  const absl::Status back = stack_->RestartControlplane();
  ASSERT_TRUE(back.ok()) << back;
  EXPECT_TRUE(Eventually([&] { return Serving(born) == "live" && Serving(0) == "live"; }))
      << stack_->logs();
  const CtlResult set =
      stack_->Ctl({"settings", "set", "enable_passthrough_routes=false", "--wait"});
  ASSERT_TRUE(set.ok()) << set.err;
  EXPECT_EQ(StatusOf(born), 404);
}

TEST_F(SeedTest, ASeedThatDoesNotOpenIsNotServed) {
  AnnounceError("sluice.seed");
  stack_->controlplane().Kill();
  std::filesystem::resize_file(seed_, std::filesystem::file_size(seed_) - 1);
  const size_t born = Born();
  EXPECT_EQ(StatusOf(born), 503) << "it must not serve without a configuration";
  EXPECT_NE(stack_->dataplane(born).log().find("the seed " + seed_ +
                                               " cannot be used: it was "
                                               "damaged"),
            std::string::npos)
      << stack_->logs();
}

TEST_F(SeedTest, WhoHasAConfigurationNeedsNoSeed) {
  const size_t born = Born();
  ASSERT_TRUE(stack_->WaitUntilReady(born));
  const CtlResult set =
      stack_->Ctl({"settings", "set", "enable_passthrough_routes=false", "--wait"});
  ASSERT_TRUE(set.ok()) << set.err;
  stack_->controlplane().Kill();
  stack_->dataplane(born).Kill();
  ASSERT_TRUE(stack_->dataplane(born).Start().ok());
  EXPECT_EQ(StatusOf(born), 404) << "an older seed must not come back";
}

}  // namespace
}  // namespace sluice::test
