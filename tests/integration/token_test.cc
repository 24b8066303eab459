// JSON Web Tokens in place of client keys, at a real data plane: signed here, taken or refused
// there.
#include <absl/time/clock.h>

#include <map>

#include "tests/integration/stack_test.h"
#include "tests/support/token_signer.h"

namespace sluice::test {
namespace {

using nlohmann::json;

constexpr char kModels[] = "/p/demo/models";
constexpr char kChat[] = "/p/demo/chat/completions";
constexpr char kSecret[] = "a secret of at least thirty-two bytes";

class TokenTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.dataplane_args = {"--workers", "3"};
    return options;
  }

  // An issuer of that name, which is its `iss` too.
  void AddIssuer(const std::string& name, const std::vector<json>& keys,
                 std::vector<std::string> args = {}) {
    std::vector<std::string> command = {"jwt-issuer", "create",     name,         "--issuer",
                                        name,         "--audience", "sluice,too", "--wait"};
    command.insert(command.end(), args.begin(), args.end());
    std::string input;
    if (!keys.empty()) {
      command.insert(command.end(), {"--jwks-file", "-"});
      input = JwksOf(keys);
    }
    const CtlResult made = stack_->Ctl(command, input);
    ASSERT_TRUE(made.ok()) << made.err;
  }
  static json Claims(const std::string& issuer, const std::string& subject = "alice") {
    return {{"iss", issuer},
            {"aud", "sluice"},
            {"sub", subject},
            {"exp", absl::ToUnixSeconds(absl::Now()) + 600}};
  }
  static json With(json claims, const char* name, json value) {
    claims[name] = std::move(value);
    return claims;
  }
  static json Without(json claims, const char* name) {
    claims.erase(name);
    return claims;
  }
  absl::StatusOr<HttpAnswer> Show(const std::string& token, std::string_view method = "GET",
                                  const std::string& target = kModels, std::string_view body = {}) {
    std::vector<std::string> headers = {Stack::Bearer(token)};
    if (!body.empty()) headers.emplace_back("Content-Type: application/json");
    return Fetch(stack_->port(), method, target, headers, body);
  }
  int Status(const std::string& token, std::string_view method = "GET",
             const std::string& target = kModels, std::string_view body = {}) {
    const auto answer = Show(token, method, target, body);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? answer->status : 0;
  }
  // What of an answer is the same each time.
  static std::string Constant(const HttpAnswer& answer) {
    std::string text = std::to_string(answer.status) + "\n";
    for (const auto& [name, value] : answer.headers) {
      const bool own = name == "X-Sluice-Request-Id" || name == "Date";
      text += name + ": " + (own ? std::string(value.size(), '?') : value) + "\n";
    }
    return text + answer.body;
  }

  const TokenSigner ec_ = TokenSigner::P256();
};

TEST_F(TokenTest, EachAlgorithmIsTakenAndNothingOfATokenGoesUpstream) {
  const TokenSigner rsa = TokenSigner::Rsa(), ed = TokenSigner::Ed25519();
  AddIssuer("corp", {rsa.Jwk("r"), ec_.Jwk("e"), ed.Jwk("d")});
  ASSERT_TRUE(stack_->folder().Write("secret", kSecret));
  AddIssuer("batch", {},
            {"--algorithm", "HS256", "--hs256-from-file", stack_->folder().File("secret")});
  stack_->emulator().Forget();
  std::vector<std::string> tokens;
  for (const TokenSigner* signer : {&rsa, &ec_, &ed})
    tokens.push_back(signer->Token(Claims("corp")));
  tokens.push_back(TokenSigner::Hmac(kSecret).Token(Claims("batch")));
  for (const std::string& token : tokens) {
    EXPECT_EQ(Status(token), 200);
    for (const char* header : {"x-api-key: ", "api-key: ", "x-goog-api-key: "}) {
      const auto answer = Fetch(stack_->port(), "GET", kModels, {header + token});
      ASSERT_TRUE(answer.ok());
      EXPECT_EQ(answer->status, 200) << header;
    }
  }
  const std::string seen = json(stack_->emulator().Requests("models")).dump();
  for (const std::string& token : tokens) {
    EXPECT_EQ(seen.find(token.substr(token.rfind('.'))), std::string::npos);
  }
}

TEST_F(TokenTest, WhateverIsWrongTheAnswerIsThatOfAnUnknownKey) {
  const TokenSigner rsa = TokenSigner::Rsa(), stranger = TokenSigner::P256();
  AddIssuer("corp", {rsa.Jwk("r"), ec_.Jwk("e")});
  const json good = Claims("corp");
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  const std::string token = ec_.Token(good);
  ASSERT_EQ(Status(token), 200);
  const std::string other = ec_.Token(With(good, "sub", "bob"));
  const std::map<std::string, std::string> bad = {
      {"audience", ec_.Token(With(good, "aud", "others"))},
      {"issuer", ec_.Token(With(good, "iss", "corp2"))},
      {"expired", ec_.Token(With(good, "exp", now - 3600))},
      {"not yet", ec_.Token(With(good, "nbf", now + 3600))},
      {"no exp", ec_.Token(Without(good, "exp"))},
      {"no subject", ec_.Token(Without(good, "sub"))},
      {"none", ec_.Token(good, {{"alg", "none"}})},
      {"no signature", token.substr(0, token.rfind('.') + 1)},
      {"confusion", TokenSigner::Hmac(rsa.PublicPem()).Token(good)},
      {"confusion by kid",
       TokenSigner::Hmac(rsa.PublicPem()).Token(good, {{"alg", "RS256"}, {"kid", "r"}})},
      {"a stranger's key", stranger.Token(good)},
      {"a key of its own", stranger.Token(good, {{"alg", "ES256"}, {"jwk", stranger.Jwk("e")}})},
      {"crit", ec_.Token(good, {{"alg", "ES256"}, {"crit", {"exp"}}})},
      {"another kid", ec_.Token(good, {{"alg", "ES256"}, {"kid", "x"}})},
      {"twice", ec_.TokenOfText(R"({"iss":"x",)" + good.dump().substr(1), R"({"alg":"ES256"})")},
      {"changed", other.substr(0, other.rfind('.')) + token.substr(token.rfind('.'))},
      {"no token", "e.e.e"},
  };
  const auto unknown = Show(key_.substr(0, key_.size() - 1) + (key_.back() == 'a' ? "b" : "a"));
  ASSERT_TRUE(unknown.ok());
  ASSERT_EQ(unknown->status, 401);
  for (const auto& [name, text] : bad) {
    const auto answer = Show(text);
    ASSERT_TRUE(answer.ok()) << name;
    EXPECT_EQ(Constant(*answer), Constant(*unknown)) << name;
  }
  EXPECT_EQ(Status(token), 200);
  const auto metrics = Fetch(stack_->dataplane().port("ops"), "GET", "/metrics");
  ASSERT_TRUE(metrics.ok());
  for (const char* verdict : {"expired", "bad_signature", "other_audience", "not_yet_valid"}) {
    EXPECT_NE(metrics->body.find("sluice_dataplane_tokens_total{verdict=\"" + std::string(verdict) +
                                 "\"}"),
              std::string::npos);
  }
  EXPECT_EQ(stack_->logs().find(token), std::string::npos);
}

TEST_F(TokenTest, ScopesAreTheIssuersNarrowedByClaims) {
  ASSERT_TRUE(stack_->AddProvider("other", "openai", stack_->emulator().url() + "/v1").ok());
  AddIssuer(
      "corp", {ec_.Jwk()},
      {"--methods", "GET,POST", "--models", "gpt-*", "--endpoints", "models,chat/**",
       "--providers-claim", "providers", "--models-claim", "models", "--endpoints-claim", "paths"});
  const json all = Claims("corp");
  const auto chat = [](const std::string& model) {
    return R"({"model":")" + model + R"(","messages":[]})";
  };
  EXPECT_EQ(Status(ec_.Token(all), "POST", kChat, chat("gpt-5")), 200);
  EXPECT_EQ(Status(ec_.Token(all), "POST", kChat, chat("o3")), 403);
  EXPECT_EQ(Status(ec_.Token(all), "PUT", kChat, chat("gpt-5")), 403);
  EXPECT_EQ(Status(ec_.Token(all), "POST", "/p/demo/embeddings", chat("gpt-5")), 403);
  EXPECT_EQ(Status(ec_.Token(all), "POST", "/p/other/chat/completions", chat("gpt-5")), 200);
  const json narrow = With(With(all, "models", {"gpt-5"}), "providers", "demo");
  EXPECT_EQ(Status(ec_.Token(narrow), "POST", kChat, chat("gpt-5")), 200);
  EXPECT_EQ(Status(ec_.Token(narrow), "POST", kChat, chat("gpt-4")), 403);
  EXPECT_EQ(Status(ec_.Token(narrow), "POST", "/p/other/chat/completions", chat("gpt-5")), 400);
  EXPECT_EQ(Status(ec_.Token(With(all, "models", {"*"})), "POST", kChat, chat("o3")), 403)
      << "a claim gives nothing";
  EXPECT_EQ(Status(ec_.Token(With(all, "paths", "models")), "POST", kChat, chat("gpt-5")), 403);
  EXPECT_EQ(Status(ec_.Token(With(all, "providers", json::array())), "POST", kChat, chat("gpt-5")),
            400);
  EXPECT_EQ(Status(ec_.Token(With(all, "models", 5)), "POST", kChat, chat("gpt-5")), 401);
}

TEST_F(TokenTest, LimitsAreCountedBySubjectAcrossTokensWorkersAndPushes) {
  AddIssuer("corp", {ec_.Jwk()}, {"--rate", "6/1h", "--requests-claim", "rate"});
  const auto token = [&](const std::string& subject, int number) {
    return ec_.Token(With(Claims("corp", subject), "jti", number));
  };
  int passed = 0;
  for (int i = 0; i < 10; ++i) passed += Status(token("alice", i)) == 200;
  EXPECT_EQ(passed, 6);
  EXPECT_EQ(Status(token("bob", 1)), 200) << "each subject for itself";
  ASSERT_TRUE(stack_->Ctl({"jwt-issuer", "update", "corp", "--label", "a=b", "--wait"}).ok());
  EXPECT_EQ(Status(token("alice", 11)), 429) << "a push resets nothing";
  const auto over = Show(token("alice", 12));
  ASSERT_TRUE(over.ok());
  EXPECT_EQ(json::parse(over->body)["error"]["code"], "rate_limit_exceeded");
  passed = 0;
  for (int i = 0; i < 5; ++i) {
    passed += Status(ec_.Token(With(With(Claims("corp", "carol"), "rate", 2), "jti", i))) == 200;
  }
  EXPECT_EQ(passed, 2) << "lowered by a claim";
}

TEST_F(TokenTest, WhatAnswersUsedIsCountedBySubject) {
  AddIssuer("corp", {ec_.Jwk()}, {"--tokens", "100/10h"});
  const auto token = [&](const std::string& subject, int number) {
    return ec_.Token(With(Claims("corp", subject), "jti", number));
  };
  const std::string chat = std::string(kChat) + "?emu.prompt_tokens=40&emu.completion_tokens=25";
  constexpr char kBody[] = R"({"model":"m","messages":[]})";
  EXPECT_EQ(Status(token("alice", 1), "POST", chat, kBody), 200);
  EXPECT_EQ(Status(token("alice", 2), "POST", chat, kBody), 200) << "65 of 100 are used";
  ASSERT_TRUE(Eventually([&] { return Status(token("alice", 3)) == 429; })) << "130 are";
  const auto over = Show(token("alice", 4));
  ASSERT_TRUE(over.ok());
  EXPECT_THAT(over->body, ::testing::HasSubstr("over its limit of tokens"));
  EXPECT_EQ(Status(token("bob", 1), "POST", chat, kBody), 200) << "each subject for itself";
}

TEST_F(TokenTest, ADeletedOrDisabledIssuersTokensAreUnknownAtTheNextRequestAndStreamsGoOn) {
  AddIssuer("corp", {ec_.Jwk()});
  const std::string token = ec_.Token(Claims("corp"));
  ASSERT_EQ(Status(token), 200);
  ASSERT_TRUE(stack_->Ctl({"jwt-issuer", "update", "corp", "--disable", "--wait"}).ok());
  EXPECT_EQ(Status(token), 401);
  ASSERT_TRUE(stack_->Ctl({"jwt-issuer", "update", "corp", "--enable", "--wait"}).ok());
  EXPECT_EQ(Status(token), 200);

  auto stream = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(stream.ok());
  ASSERT_TRUE(stream
                  ->SendAll(RequestText(
                      "POST", std::string(kChat) + "?emu.events=4&emu.hold_after=2&emu.hold=s",
                      {Stack::Bearer(token)}, R"({"model":"m","stream":true,"messages":[]})"))
                  .ok());
  auto streamed = ReadHead(*stream);
  ASSERT_TRUE(streamed.ok()) << streamed.status();
  const CtlResult gone = stack_->Ctl({"jwt-issuer", "delete", "corp", "--wait"});
  ASSERT_TRUE(gone.ok()) << gone.err;
  EXPECT_EQ(Status(token), 401);
  stack_->emulator().Release("s");
  const absl::Status ended = ReadBody(*stream, *streamed, "POST");
  ASSERT_TRUE(ended.ok()) << ended;
  EXPECT_NE(streamed->body.find("[DONE]"), std::string::npos);
}

TEST_F(TokenTest, KeysAreRotatedInTheKeySet) {
  const TokenSigner next = TokenSigner::P256();
  AddIssuer("corp", {ec_.Jwk("1")});
  const auto of = [](const TokenSigner& signer, const char* kid) {
    return signer.Token(Claims("corp"), {{"alg", "ES256"}, {"kid", kid}});
  };
  const std::string old_token = of(ec_, "1"), new_token = of(next, "2");
  EXPECT_EQ(Status(old_token), 200);
  EXPECT_EQ(Status(new_token), 401);
  const auto put = [&](const std::vector<json>& keys) {
    const CtlResult done =
        stack_->Ctl({"jwt-issuer", "update", "corp", "--jwks-file", "-", "--wait"}, JwksOf(keys));
    ASSERT_TRUE(done.ok()) << done.err;
  };
  put({ec_.Jwk("1"), next.Jwk("2")});
  EXPECT_EQ(Status(old_token), 200);
  EXPECT_EQ(Status(new_token), 200);
  put({next.Jwk("2")});
  EXPECT_EQ(Status(old_token), 401) << "verified before, by a key that is gone";
  EXPECT_EQ(Status(new_token), 200);
}

TEST_F(TokenTest, ARestartWithoutTheControlPlaneStillKnowsThem) {
  ASSERT_TRUE(stack_->folder().Write("secret", kSecret));
  AddIssuer("batch", {},
            {"--algorithm", "HS256", "--hs256-from-file", stack_->folder().File("secret")});
  const std::string token = TokenSigner::Hmac(kSecret).Token(Claims("batch"));
  ASSERT_EQ(Status(token), 200);
  stack_->controlplane().Stop();
  stack_->dataplane().Stop();
  ASSERT_TRUE(stack_->dataplane().Start().ok());
  ASSERT_TRUE(stack_->WaitUntilReady());
  EXPECT_EQ(Status(token), 200);
  EXPECT_EQ(Status(TokenSigner::Hmac("another").Token(Claims("batch"))), 401);
}

TEST_F(TokenTest, WhatIsExportedIsAppliedElsewhere) {
  AddIssuer("corp", {ec_.Jwk("k")}, {"--models", "gpt-*", "--leeway", "10s"});
  const CtlResult exported = stack_->Ctl({"export"});
  ASSERT_TRUE(exported.ok()) << exported.err;
  ASSERT_TRUE(stack_->folder().Write("all.json", exported.out));
  ASSERT_TRUE(stack_->Ctl({"jwt-issuer", "delete", "corp", "--wait"}).ok());
  const std::string token = ec_.Token(Claims("corp"));
  EXPECT_EQ(Status(token, "POST", kChat, R"({"model":"gpt-5","messages":[]})"), 401);
  const CtlResult applied =
      stack_->Ctl({"apply", "-f", stack_->folder().File("all.json"), "--wait"});
  ASSERT_TRUE(applied.ok()) << applied.err;
  EXPECT_EQ(Status(token, "POST", kChat, R"({"model":"gpt-5","messages":[]})"), 200);
}

}  // namespace
}  // namespace sluice::test
