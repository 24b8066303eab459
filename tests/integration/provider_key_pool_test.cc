// Several keys of one provider, over real data planes: who rests, who takes over, who knows.
#include "common/base/text.h"
#include "tests/integration/keyed_upstream.h"
#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"

namespace sluice::test {
namespace {

constexpr char kFirst[] = "sk-emulator-pool-first";
constexpr char kSecond[] = "sk-emulator-pool-second";
constexpr char kTarget[] = "/p/pool/chat/completions";
constexpr std::chrono::milliseconds kPatience{60'000};

class ProviderKeyPoolTest : public StackTest {
 protected:
  void SetUp() override {
    StackTest::SetUp();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(stack_->AddDataplane().ok());
    ASSERT_TRUE(stack_->WaitUntilReady(1));
    ASSERT_TRUE(stack_->AddProvider("pool", "openai", upstream_.url(), kFirst).ok());
    AddKey("second", kSecond);
  }
  void AddKey(const std::string& name, const std::string& key) {
    const CtlResult added =
        stack_->Ctl({"provider-key", "add", "pool", "--name", name, "-", "--wait"}, key);
    ASSERT_TRUE(added.ok()) << added.err;
  }
  absl::StatusOr<HttpAnswer> Post(size_t node = 0, std::vector<std::string> headers = {}) {
    headers.push_back(Stack::Bearer(key_));
    return Fetch(stack_->port(node), "POST", kTarget, headers, R"({"model":"m"})");
  }
  int PostStatus(size_t node = 0) {
    const auto answer = Post(node);
    return answer.ok() ? answer->status : 0;
  }
  static std::string CodeOf(const HttpAnswer& answer) {
    const auto json = nlohmann::json::parse(answer.body, nullptr, false);
    return json.is_object() && json.contains("error") ? json["error"].value("code", "") : "";
  }
  // What people see of the key `name`; null if nobody has told anything.
  nlohmann::json HealthOf(const std::string& name) {
    const nlohmann::json list = stack_->Ctl({"provider-key", "list", "pool"}).json;
    for (const auto& key : list["provider_keys"]) {
      if (key["name"] != name || !list.contains("health")) continue;
      return list["health"].value(key["id"].get<std::string>(), nlohmann::json());
    }
    return {};
  }
  // Both nodes tell it.
  bool AllTell(const std::string& name, const std::string& field, const std::string& value) {
    return Eventually(
        [&] {
          const nlohmann::json health = HealthOf(name);
          if (!health.is_object() || health["nodes"].size() != 2) return false;
          return health["nodes"][0].value(field, "") == value &&
                 health["nodes"][1].value(field, "") == value;
        },
        kPatience);
  }
  std::string Metrics(size_t node) {
    auto page = Fetch(stack_->dataplane(node).port("ops"), "GET", "/metrics");
    return page.ok() ? page->body : "";
  }

  KeyedUpstream upstream_;
};

TEST_F(ProviderKeyPoolTest, NoClientSeesAKeyThatIsLimitedAndThenRefused) {
  upstream_.Answer(kFirst, 429, "Retry-After: 3");
  while (upstream_.SeenWith(kFirst).empty()) ASSERT_EQ(PostStatus(), 200);
  upstream_.Answer(kFirst, 401);
  ASSERT_TRUE(AllTell("main", "reason", "429, Retry-After")) << "the other node was not told";
  // Until it is used again, on whichever node.
  while (upstream_.SeenWith(kFirst).size() < 2) {
    ASSERT_EQ(PostStatus(0), 200);
    ASSERT_EQ(PostStatus(1), 200);
  }
  const auto seen = upstream_.SeenWith(kFirst);
  EXPECT_EQ(seen[0].status, 429);
  EXPECT_EQ(seen[1].status, 401);
  EXPECT_GE(seen[1].at - seen[0].at, std::chrono::milliseconds(2999)) << "it was told to rest 3 s";
  EXPECT_TRUE(AllTell("main", "reason", "401"));
  EXPECT_EQ(HealthOf("main")["state"], "suspended");
  EXPECT_TRUE(HealthOf("main").contains("until"));
  for (int i = 0; i < 10; ++i) ASSERT_EQ(PostStatus(i % 2), 200);

  upstream_.Answer(kFirst, 200);
  const bool restored = Eventually(
      [&] {
        EXPECT_EQ(PostStatus(0), 200);
        EXPECT_EQ(PostStatus(1), 200);
        return upstream_.SeenWith(kFirst).back().status == 200;
      },
      kPatience);
  ASSERT_TRUE(restored);
  EXPECT_TRUE(AllTell("main", "state", "healthy"));
  EXPECT_NE(Metrics(0).find("sluice_dataplane_retries_total "), std::string::npos);
  EXPECT_NE(stack_->logs().find("provider key pool/main"), std::string::npos);
  EXPECT_EQ(stack_->logs().find(kFirst), std::string::npos) << "a secret is in a log";
}

TEST_F(ProviderKeyPoolTest, WithAllKeysCoolingTheShortestRestIsTold) {
  upstream_.Answer(kFirst, 429, "Retry-After: 900");
  upstream_.Answer(kSecond, 429, "Retry-After: 60");
  // The last try's answer is the client's, as the provider sent it.
  const auto relayed = Post();
  ASSERT_TRUE(relayed.ok()) << relayed.status();
  EXPECT_EQ(relayed->status, 429);
  EXPECT_EQ(relayed->reason, "As told");
  EXPECT_EQ(relayed->body, R"({"from":"provider"})");
  EXPECT_EQ(upstream_.seen().size(), 2u);
  const auto refused = Post();
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(CodeOf(*refused), "provider_keys_cooling");
  const int seconds = std::stoi(refused->Header("Retry-After").value_or("0"));
  EXPECT_GE(seconds, 1);
  EXPECT_LE(seconds, 60);
  EXPECT_EQ(upstream_.seen().size(), 2u) << "nothing more goes to the provider";
}

TEST_F(ProviderKeyPoolTest, WithoutAUsableKeyThatSays) {
  upstream_.Answer(kFirst, 401);
  upstream_.Answer(kSecond, 402);
  const auto relayed = Post();
  ASSERT_TRUE(relayed.ok());
  EXPECT_TRUE(relayed->status == 401 || relayed->status == 402) << relayed->status;
  const auto refused = Post();
  EXPECT_EQ(refused->status, 502);
  EXPECT_EQ(CodeOf(*refused), "provider_key_missing");
  EXPECT_TRUE(AllTell("second", "state", "exhausted"));
}

TEST_F(ProviderKeyPoolTest, InsufficientQuotaIsReadFromTheBodyAndNotALimit) {
  upstream_.Answer(kFirst, 429, "", R"({"error":{"code":"insufficient_quota"}})");
  while (upstream_.SeenWith(kFirst).empty()) ASSERT_EQ(PostStatus(), 200);
  EXPECT_TRUE(AllTell("main", "state", "exhausted"));
  EXPECT_EQ(HealthOf("main")["reason"], "429, insufficient_quota");
}

TEST_F(ProviderKeyPoolTest, A403IsOfTheKeyOnlyIfAnotherIsLetIn) {
  upstream_.Answer(kFirst, 403);
  upstream_.Answer(kSecond, 403);
  for (int i = 0; i < 6; ++i) {
    const auto relayed = Post();
    ASSERT_TRUE(relayed.ok());
    ASSERT_EQ(relayed->status, 403);
    ASSERT_EQ(relayed->body, R"({"from":"provider"})");
  }
  EXPECT_EQ(upstream_.seen().size(), 12u) << "both keys stay in use";
  upstream_.Answer(kSecond, 200);
  const size_t before = upstream_.SeenWith(kFirst).size();
  while (upstream_.SeenWith(kFirst).size() == before) ASSERT_EQ(PostStatus(), 200);
  EXPECT_TRUE(AllTell("main", "state", "suspended"));
}

TEST_F(ProviderKeyPoolTest, ANewTextBeginsHealthy) {
  upstream_.Answer(kFirst, 401);
  while (upstream_.SeenWith(kFirst).empty()) ASSERT_EQ(PostStatus(), 200);
  ASSERT_TRUE(AllTell("main", "state", "suspended"));
  constexpr char kThird[] = "sk-emulator-pool-third";
  ASSERT_TRUE(stack_->Ctl({"provider-key", "update", "pool", "main", "-", "--wait"}, kThird).ok());
  for (int i = 0; i < 4; ++i) ASSERT_EQ(PostStatus(), 200);
  EXPECT_EQ(upstream_.SeenWith(kThird).size(), 2u);
  EXPECT_TRUE(HealthOf("main").is_null()) << HealthOf("main");
}

TEST_F(ProviderKeyPoolTest, ANodeThatStartsLaterIsTold) {
  upstream_.Answer(kFirst, 401);
  while (upstream_.SeenWith(kFirst).empty()) ASSERT_EQ(PostStatus(), 200);
  ASSERT_TRUE(AllTell("main", "state", "suspended"));
  ASSERT_TRUE(stack_->AddDataplane().ok());
  ASSERT_TRUE(stack_->WaitUntilReady(2));
  EXPECT_TRUE(Eventually([&] { return HealthOf("main")["nodes"].size() == 3; }, kPatience));
}

TEST_F(ProviderKeyPoolTest, TheOnlyKeysAnswersAreRelayedWhateverTheyAre) {
  constexpr char kOnly[] = "sk-emulator-only";
  ASSERT_TRUE(stack_->AddProvider("single", "openai", upstream_.url(), kOnly).ok());
  for (const int status : {401, 429, 402, 403, 401, 429, 200}) {
    upstream_.Answer(kOnly, status, "Retry-After: 60");
    const auto answer = Fetch(stack_->port(), "POST", "/p/single/x", {Stack::Bearer(key_)}, "{}");
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->body, R"({"from":"provider"})");
  }
}

TEST_F(ProviderKeyPoolTest, AStickyClientKeepsItsKeyAndWeightsShareTheRest) {
  ASSERT_TRUE(
      stack_->Ctl({"provider", "update", "pool", "--key-strategy", "sticky", "--wait"}).ok());
  for (int i = 0; i < 8; ++i) ASSERT_EQ(PostStatus(i % 2), 200);
  const auto seen = upstream_.seen();
  ASSERT_EQ(seen.size(), 8u);
  for (const auto& one : seen) EXPECT_EQ(one.key, seen[0].key) << "the same on every node";

  ASSERT_TRUE(
      stack_->Ctl({"provider", "update", "pool", "--key-strategy", "round-robin", "--wait"}).ok());
  ASSERT_TRUE(
      stack_->Ctl({"provider-key", "update", "pool", "second", "--weight", "3", "--wait"}).ok());
  const size_t before = upstream_.SeenWith(kSecond).size();
  for (int i = 0; i < 8; ++i) ASSERT_EQ(PostStatus(), 200);
  EXPECT_EQ(upstream_.SeenWith(kSecond).size(), before + 6);
}

}  // namespace
}  // namespace sluice::test
