// Nothing lost, nothing counted twice: nodes tell what was used while the control plane is killed
// again and again.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/base/text.h"
#include "tests/integration/usage/telling_node.h"
#include "tests/support/admin/admin_client.h"
#include "tests/support/deadline.h"
#include "tests/support/stack/programs.h"
#include "tests/support/stack/server_process.h"
#include "tests/support/temp_folder.h"

namespace sluice::test {
namespace {

using admin::v1::QueryUsageRequest;
using admin::v1::QueryUsageResponse;
using admin::v1::UsageService;

class UsageKillTest : public ::testing::Test {
 protected:
  UsageKillTest()
      : controlplane_("controlplane", ControlplaneProgram(), folder_.path(),
                      {"--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--database",
                       folder_.File("state/sluice.db"), "--master-key-file",
                       folder_.File("state/master.key")},
                      {}) {}

  void Start() {
    const absl::Status started = controlplane_.Start();
    ASSERT_TRUE(started.ok()) << started << controlplane_.log();
    port_ = controlplane_.port("grpc");
  }
  std::string JoinToken() const {
    return std::string(base::Stripped(FileText(folder_.File("state/join.token"))));
  }
  QueryUsageResponse Query(const QueryUsageRequest& request) {
    auto admin = AdminClient::Open(port_, folder_.File("state/admin.token"));
    EXPECT_TRUE(admin.ok()) << admin.status();
    if (!admin.ok()) return {};
    auto response = (*admin)->Call(&UsageService::Stub::QueryUsage, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *std::move(response) : QueryUsageResponse();
  }

  TempFolder folder_;
  ServerProcess controlplane_;
  std::atomic<uint16_t> port_{0};
};

TEST_F(UsageKillTest, EachRecordCountsOnceHoweverOftenTheControlPlaneIsKilled) {
  constexpr int kNodes = 3;
  constexpr int64_t kRecords = 6000;
  constexpr int kKills = 6;
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RecordProperty("seed", std::to_string(seed));
  ASSERT_NO_FATAL_FAILURE(Start());
  const std::string token = JoinToken();
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  std::vector<std::unique_ptr<TellingNode>> nodes;
  for (int i = 0; i < kNodes; ++i) {
    nodes.push_back(std::make_unique<TellingNode>("n" + std::to_string(i), token, kRecords,
                                                  seed + 10 * static_cast<uint64_t>(i)));
  }
  const Deadline deadline{std::chrono::seconds(240)};
  for (const auto& node : nodes) {
    threads.emplace_back([&, node = node.get()] {
      while (!node->Tell(port_) && !deadline.passed()) {
        std::this_thread::yield();
      }
      done.fetch_add(1);
    });
  }
  std::mt19937_64 random(seed);
  for (int kill = 0; kill < kKills && done < kNodes; ++kill) {
    // In the middle of whatever it does; how far it came is no matter.
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 150));
    controlplane_.Kill();
    const absl::Status started = controlplane_.Start();
    EXPECT_TRUE(started.ok()) << started << controlplane_.log();
    port_ = controlplane_.port("grpc");
  }
  for (std::thread& thread : threads) thread.join();

  QueryUsageRequest request;
  request.add_by(admin::v1::BY_NODE);
  const QueryUsageResponse response = Query(request);
  EXPECT_EQ(response.rows_size(), kNodes);
  for (const auto& row : response.rows()) {
    EXPECT_EQ(row.sums().requests(), kRecords) << row.node();
    EXPECT_EQ(row.sums().input_tokens(), kRecords * (kRecords + 1) / 2) << row.node();
  }
  EXPECT_EQ(response.total().requests(), kNodes * kRecords);
  for (const auto& node : nodes) EXPECT_EQ(node->acknowledged(), kRecords);
  EXPECT_EQ(controlplane_.log().find("[error]"), std::string::npos) << controlplane_.log();
  EXPECT_EQ(controlplane_.Stop(), 0);
}

}  // namespace
}  // namespace sluice::test
