// node, history and status: the commands that only read.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

class ReadingCommandsTest : public CommandTest {
 protected:
  void AnswerNodes() {
    Answer<admin::v1::ListNodesResponse>(
        "nodes { id: 'eu-1' connected: true acked_revision: 12 refused_revision: 9 "
        "refusals: 'old' serving: 'live' last_seen { seconds: 1769860797 } open_streams: 4 "
        "requests_per_second: 12.5 in_flight: 5 errors: 2 build: '0.1.0' address: 'ipv4:1.2.3.4' "
        "labels { key: 'zone' value: 'a' } labels { key: 'region' value: 'eu' } "
        "connected_since { seconds: 1769853600 } }"
        "nodes { id: 'eu-2' acked_revision: 11 refused_revision: 12 refusals: 'provider \"x\": "
        "bad' "
        "serving: 'last_known_good' last_seen { seconds: 1769857200 } } revision: 12");
  }
};

TEST_F(ReadingCommandsTest, ListsNodesWithWhatTheyRefused) {
  AnswerNodes();
  EXPECT_EQ(
      Run({"node", "list"}).out,
      "NODE  STATE        REVISION  LAG  SERVING          STREAMS  REQ/S  REFUSED\n"
      "eu-1  connected    12        0    live             4        12.5   -\n"
      "eu-2  gone 1h ago  11        1    last known good  0        0.0    revision 12:\n"
      "                                                                   provider \"x\": bad\n");
}

TEST_F(ReadingCommandsTest, AWideListShowsLabelsBuildAndAddressToo) {
  AnswerNodes();
  const std::string out = Run({"node", "list", "--wide"}).out;
  EXPECT_THAT(out, HasSubstr("REQ/S  RUNNING  ERRORS  SINCE   BUILD  ADDRESS       LABELS "
                             "           REFUSED\n"));
  EXPECT_THAT(out,
              HasSubstr("12.5   5        2       2h ago  0.1.0  ipv4:1.2.3.4  region=eu,zone=a"));
}

TEST_F(ReadingCommandsTest, ShowsThatANodeDrains) {
  Answer<admin::v1::ListNodesResponse>(
      "nodes { id: 'a' connected: true draining: true requests_per_second: 1234.5 }"
      "nodes { id: 'b' connected: true canary: true } nodes { id: 'c' }");
  const std::string out = Run({"node", "list"}).out;
  EXPECT_THAT(out, HasSubstr("a     draining "));
  EXPECT_THAT(out, HasSubstr("  1234   -\n"));
  EXPECT_THAT(out, HasSubstr("b     connected, canary "));
  EXPECT_THAT(out, HasSubstr("c     gone "));
}

TEST_F(ReadingCommandsTest, DrainsANodeAndTakesItBack) {
  EXPECT_EQ(Run({"node", "drain", "eu-1"}).out,
            "node eu-1 told to drain: it is not ready from now on, and serves on\n");
  EXPECT_EQ(Asked<admin::v1::DrainNodeRequest>(), "node: \"eu-1\"");
  EXPECT_EQ(Run({"node", "drain", "eu-1", "--undo"}).out, "node eu-1 told to be ready again\n");
  EXPECT_EQ(Asked<admin::v1::DrainNodeRequest>(), "node: \"eu-1\" undo: true");
  EXPECT_EQ(Run({"node", "drain"}).exit_code, 2);
  Fail(FailureCode::kNotFound, "node \"eu-9\" is not connected");
  const Result missing = Run({"node", "drain", "eu-9"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_EQ(missing.err, "sluicectl: node \"eu-9\" is not connected\n");
}

// A new store's first revision is 0, and a node can refuse that too.
TEST_F(ReadingCommandsTest, ShowsARefusalOfRevisionZero) {
  Answer<admin::v1::ListNodesResponse>(
      "nodes { id: 'eu-1' connected: true refusals: 'divergence' serving: 'live' }");
  EXPECT_THAT(Run({"node", "list"}).out, HasSubstr("revision 0: divergence"));
}

TEST_F(ReadingCommandsTest, AcceptNamesNodesOrSaysAll) {
  Answer<admin::v1::AcceptDivergenceResponse>("nodes: 'eu-1' nodes: 'eu-2'");
  EXPECT_EQ(Run({"node", "accept", "eu-1", "eu-2"}).out,
            "node eu-1 told to take the newest revision\n"
            "node eu-2 told to take the newest revision\n");
  EXPECT_EQ(Asked<admin::v1::AcceptDivergenceRequest>(), "nodes: \"eu-1\" nodes: \"eu-2\"");
  Run({"node", "accept", "--all"});
  EXPECT_EQ(Asked<admin::v1::AcceptDivergenceRequest>(), "all: true");
  EXPECT_EQ(Run({"node", "accept"}).exit_code, 2);
  EXPECT_EQ(Run({"node", "accept", "eu-1", "--all"}).exit_code, 2);
}

TEST_F(ReadingCommandsTest, ShowsANode) {
  Answer<admin::v1::Node>(
      "id: 'eu-1' connected: true last_seen { seconds: 1769860797 } requests_per_second: 2.5");
  const std::string out = Run({"node", "get", "eu-1"}).out;
  EXPECT_THAT(out, HasSubstr("last_seen            2026-01-31T11:59:57Z (3s ago)\n"));
  EXPECT_THAT(out, HasSubstr("requests_per_second  2.5\n"));
  EXPECT_EQ(Asked<admin::v1::GetNodeRequest>(), "id: \"eu-1\"");
}

TEST_F(ReadingCommandsTest, WatchPrintsOnlyChanges) {
  AnswerNodes();
  pauses_ = 3;
  const Result json = Run({"node", "watch", "-o", "json"});
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_EQ(std::count(json.out.begin(), json.out.end(), '\n'), 1);
  EXPECT_EQ(nlohmann::json::parse(json.out)["revision"], 12);
  EXPECT_EQ(requests(), 4u);
  const Result table = Run({"node", "watch"});
  EXPECT_EQ(table.out.substr(0, 21), "2026-01-31T12:00:00Z\n");
}

TEST_F(ReadingCommandsTest, WatchRedrawsATerminal) {
  AnswerNodes();
  pauses_ = 1;
  out_is_tty_ = true;
  const std::string out = Run({"node", "watch"}).out;
  const std::string clear = "\x1b[H\x1b[2J";
  EXPECT_EQ(out.substr(0, clear.size()), clear);
  EXPECT_NE(out.find(clear, 1), std::string::npos);
}

TEST_F(ReadingCommandsTest, ShowsHistory) {
  Answer<admin::v1::ListChangesResponse>(
      "changes { revision: 2 at { seconds: 1769860800 } actor: 'owner' rpc: 'CreateProvider' "
      "summary: 'provider a created' }");
  EXPECT_EQ(Run({"history", "--limit", "5", "--before", "9"}).out,
            "REVISION  AT                    BY     WHAT\n"
            "2         2026-01-31T12:00:00Z  owner  provider a created\n");
  EXPECT_EQ(Asked<admin::v1::ListChangesRequest>(), "limit: 5 before_revision: 9");
}

TEST_F(ReadingCommandsTest, ShowsStatus) {
  Answer<admin::v1::GetStatusResponse>(
      "build: '0.1.0' epoch: 'e' revision: 12 providers: 2 nodes_connected: 3 nodes_current: 2 "
      "started_at { seconds: 1769857200 }");
  const Result table = Run({"status"});
  EXPECT_THAT(table.out, HasSubstr("control plane  " + address() + "\n"));
  EXPECT_THAT(table.out, HasSubstr("started        2026-01-31T11:00:00Z (1h ago)\n"));
  EXPECT_THAT(table.out, HasSubstr("nodes          3 connected, 2 with the newest revision\n"));
  const auto json = nlohmann::json::parse(Run({"status", "-o", "json"}).out);
  EXPECT_EQ(json["nodes_current"], 2);
  EXPECT_EQ(json["provider_keys"], 0);
}

}  // namespace
}  // namespace sluice::cli
