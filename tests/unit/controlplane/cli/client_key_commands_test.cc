#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ClientKeyCommandsTest : public CommandTest {
 protected:
  ClientKeyCommandsTest() {
    Answer<admin::v1::CreateClientKeyResponse>(
        "client_key { id: 'abc' name: 'web' } key: 'slk_once' revision: 6");
  }
};

TEST_F(ClientKeyCommandsTest, CreatesWithEveryOption) {
  const Result result = Run({"key", "create", "--name", "web", "--providers", "a,b", "--expires",
                             "30d", "--label", "team=x", "--note", "for web"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Asked<admin::v1::CreateClientKeyRequest>(),
            "client_key { name: \"web\" providers: \"a\" providers: \"b\" "
            "labels { key: \"team\" value: \"x\" } note: \"for web\" } "
            "expires_in { seconds: 2592000 }");
}

TEST_F(ClientKeyCommandsTest, OnlyTheKeyIsOnStandardOutput) {
  for (const std::string command : {"create", "rotate"}) {
    const Result result = command == "create" ? Run({"key", "create", "--name", "web"})
                                              : Run({"key", "rotate", "web"});
    EXPECT_EQ(result.out, "slk_once\n");
    EXPECT_THAT(result.err, HasSubstr("It is shown this once and stored nowhere"));
    EXPECT_THAT(result.err, HasSubstr("client key web (id abc)"));
    EXPECT_THAT(result.err, Not(HasSubstr("slk_once")));
  }
  EXPECT_EQ(Asked<admin::v1::RotateClientKeyRequest>(), "key: \"web\"");
}

TEST_F(ClientKeyCommandsTest, CreateAsJsonIsOneObjectWithTheKey) {
  const Result result = Run({"key", "create", "--name", "web", "-o", "json"});
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["key"], "slk_once");
  EXPECT_EQ(json["client_key"]["name"], "web");
  EXPECT_EQ(json["revision"], 6);
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_F(ClientKeyCommandsTest, TheKeyIsPrintedEvenIfANodeRefuses) {
  Report({"total: 1 refusals { node: 'eu-1' reason: 'no' }"});
  const Result result = Run({"key", "create", "--name", "web", "--wait"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "slk_once\n");
}

TEST_F(ClientKeyCommandsTest, ListsStates) {
  Answer<admin::v1::ListClientKeysResponse>(
      "client_keys { id: '1' name: 'a' enabled: true }"
      "client_keys { id: '2' name: 'b' enabled: false providers: 'x' providers: 'y' }"
      "client_keys { id: '3' name: 'c' expires_at { seconds: 1769860800 } }"
      "client_keys { id: '4' name: 'd' revoked_at { seconds: 1 } }"
      "client_keys { id: '5' name: 'e' expires_at { seconds: 1769864400 } replaced_by: '6' }"
      "last_used_at { key: '1' value { seconds: 1769857200 } }");
  const Result result = Run({"key", "list", "--all"});
  EXPECT_EQ(result.out,
            "NAME  ID  STATE     EXPIRES               LAST USED  PROVIDERS\n"
            "a     1   active    never                 1h ago     all\n"
            "b     2   disabled  never                 never      x, y\n"
            "c     3   expired   2026-01-31T12:00:00Z  never      all\n"
            "d     4   revoked   never                 never      all\n"
            "e     5   replaced  2026-01-31T13:00:00Z  never      all\n");
  EXPECT_EQ(Asked<admin::v1::ListClientKeysRequest>(), "include_revoked: true");
}

TEST_F(ClientKeyCommandsTest, ShowsOneWithRelativeTimes) {
  Answer<config::v1::ClientKey>("id: '1' name: 'a' created_at { seconds: 1769857200 }");
  EXPECT_THAT(Run({"key", "get", "a"}).out,
              HasSubstr("created_at   2026-01-31T11:00:00Z (1h ago)\n"));
  EXPECT_EQ(Asked<admin::v1::GetClientKeyRequest>(), "key: \"a\"");
}

TEST_F(ClientKeyCommandsTest, UpdatesWhatIsNamed) {
  Answer<admin::v1::UpdateClientKeyResponse>("client_key { name: 'web' } revision: 7");
  const Result result = Run(
      {"key", "update", "web", "--providers", "a", "--expires", "1h", "--disable", "--note", ""});
  EXPECT_EQ(result.out, "client key web updated, revision 7\n") << result.err;
  EXPECT_EQ(Asked<admin::v1::UpdateClientKeyRequest>(),
            "key: \"web\" client_key { providers: \"a\" expires_at { seconds: 1769864400 } "
            "enabled: false } update_mask { paths: \"providers\" paths: \"expires_at\" "
            "paths: \"enabled\" paths: \"note\" }");
}

TEST_F(ClientKeyCommandsTest, TakesLimitsOffAgain) {
  Run({"key", "update", "web", "--all-providers", "--never-expires"});
  EXPECT_EQ(
      Asked<admin::v1::UpdateClientKeyRequest>(),
      "key: \"web\" client_key { } update_mask { paths: \"providers\" paths: \"expires_at\" }");
}

TEST_F(ClientKeyCommandsTest, SaysWhatAKeyMayAskForAndHowOften) {
  const Result result =
      Run({"key",           "create",  "--name",       "web",   "--methods", "GET,POST",
           "--endpoints",   "chat/**", "--models",     "gpt-*", "--rate",    "100/1m",
           "--burst",       "20",      "--concurrent", "4",     "--tokens",  "2000000/1h",
           "--token-burst", "5000"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Asked<admin::v1::CreateClientKeyRequest>(),
            "client_key { name: \"web\" methods: \"GET\" methods: \"POST\" "
            "endpoints: \"chat/**\" models: \"gpt-*\" "
            "limits { requests { amount: 100 interval { seconds: 60 } burst: 20 } "
            "concurrent: 4 tokens { amount: 2000000 interval { seconds: 3600 } burst: 5000 } } }");
}

TEST_F(ClientKeyCommandsTest, ChangesOneRuleAndLeavesTheOthers) {
  Answer<admin::v1::UpdateClientKeyResponse>("client_key { name: 'web' } revision: 7");
  Run({"key", "update", "web", "--concurrent", "9", "--any-model"});
  EXPECT_EQ(Asked<admin::v1::UpdateClientKeyRequest>(),
            "key: \"web\" client_key { limits { concurrent: 9 } } "
            "update_mask { paths: \"limits.concurrent\" paths: \"models\" }");
  Run({"key", "update", "web", "--tokens", "9/1s"});
  EXPECT_EQ(Asked<admin::v1::UpdateClientKeyRequest>(),
            "key: \"web\" client_key { limits { tokens { amount: 9 interval { seconds: 1 } } } } "
            "update_mask { paths: \"limits.tokens\" }");
  Run({"key", "update", "web", "--no-limits"});
  EXPECT_EQ(Asked<admin::v1::UpdateClientKeyRequest>(),
            "key: \"web\" client_key { } update_mask { paths: \"limits\" }");
}

TEST_F(ClientKeyCommandsTest, RotatesWithAnOverlap) {
  const Result result = Run({"key", "rotate", "web", "--overlap", "24h"});
  EXPECT_THAT(result.err, HasSubstr("which ends in 24h"));
  EXPECT_EQ(Asked<admin::v1::RotateClientKeyRequest>(), "key: \"web\" overlap { seconds: 86400 }");
}

TEST_F(ClientKeyCommandsTest, RevokesWithWhatIsUnderWay) {
  Answer<admin::v1::RevokeClientKeyResponse>(
      "client_key { name: 'web' cut_streams: true } revision: 9");
  EXPECT_EQ(Run({"key", "revoke", "web", "--cut-streams"}).out,
            "client key web revoked, what is under way is cut, revision 9\n");
  EXPECT_EQ(Asked<admin::v1::RevokeClientKeyRequest>(), "key: \"web\" cut_streams: true");
}

TEST_F(ClientKeyCommandsTest, RefusesWrongUsageBeforeAnythingIsSent) {
  for (const char* rate : {"100", "x/1m", "100/soon", "/1m"}) {
    for (const char* option : {"--rate", "--tokens"}) {
      EXPECT_THAT(Run({"key", "create", "--name", "x", option, rate}).err,
                  HasSubstr(std::string(option) + " \"" + rate +
                            "\" is not a number and a time like 100/1m"));
    }
  }
  EXPECT_EQ(Run({"key", "create", "--name", "x", "--token-burst", "5"}).exit_code, 2);
  EXPECT_EQ(Run({"key", "update", "x", "--tokens", "1/1s", "--no-limits"}).exit_code, 2);
  EXPECT_EQ(Run({"key", "create", "--name", "x", "--burst", "5"}).exit_code, 2);
  EXPECT_EQ(Run({"key", "create", "--name", "x", "--concurrent", "0"}).exit_code, 2);
  EXPECT_EQ(Run({"key", "update", "x", "--models", "a", "--any-model"}).exit_code, 2);

  EXPECT_THAT(Run({"key", "update", "web"}).err, HasSubstr("there is nothing to update"));
  EXPECT_THAT(Run({"key", "create", "--name", "x", "--expires", "soon"}).err,
              HasSubstr("\"soon\" is not a duration"));
  EXPECT_EQ(Run({"key", "update", "web", "--enable", "--disable"}).exit_code, 2);
  EXPECT_EQ(Run({"key", "update", "web", "--expires", "1h", "--never-expires"}).exit_code, 2);
  EXPECT_EQ(Run({"key", "create"}).exit_code, 2);
  EXPECT_EQ(requests(), 0u);
}

TEST_F(ClientKeyCommandsTest, Revokes) {
  Answer<admin::v1::RevokeClientKeyResponse>("client_key { name: 'web' } revision: 9");
  EXPECT_EQ(Run({"key", "revoke", "web"}).out, "client key web revoked, revision 9\n");
  EXPECT_EQ(Asked<admin::v1::RevokeClientKeyRequest>(), "key: \"web\"");
}

}  // namespace
}  // namespace sluice::cli
