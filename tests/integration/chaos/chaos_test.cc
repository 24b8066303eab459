// Five data planes with traffic, a control plane that is killed again and again while everything is
// being changed, a data plane that stands still, and one that the network has cut off.
//
// SLUICE_CHAOS_SEED repeats a run's random choices, SLUICE_CHAOS_FULL=1 makes it minutes long.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

#include "common/base/text.h"
#include "tests/bench/fleet/traffic.h"
#include "tests/integration/chaos/fleet_watch.h"
#include "tests/integration/chaos/hello_desk.h"
#include "tests/integration/chaos/random_writer.h"
#include "tests/integration/stack_test.h"
#include "tests/support/tcp_relay.h"

namespace sluice::test {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr int kWriters = 4;
constexpr int64_t kWrites = 1000;
constexpr size_t kStopped = 2;      // the data plane that stands still
constexpr size_t kPartitioned = 4;  // and the one behind the relay

struct Plan {
  uint64_t seed;
  milliseconds duration;
  milliseconds outage;  // of the two data planes
  int kills;
  milliseconds to_converge;  // after the last write
};

Plan PlanOf() {
  const char* seed = std::getenv("SLUICE_CHAOS_SEED");
  const char* full = std::getenv("SLUICE_CHAOS_FULL");
  const bool long_run = full != nullptr && std::string(full) == "1";
  return {seed != nullptr ? std::strtoull(seed, nullptr, 10) : std::random_device()(),
          milliseconds(long_run ? 150'000 : 10'000), milliseconds(long_run ? 60'000 : 3'000),
          long_run ? 20 : 8,
          // A node that found no control plane for a while comes back within 30 s, and short runs
          // are for busy machines.
          milliseconds(long_run ? 10'000 : 90'000)};
}

class ChaosTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.dataplanes = 5;
    options.dataplane_args = {"--workers", "1"};
    return options;
  }

  void PutRelay() {
    auto relay = TcpRelay::Start(stack_->controlplane().port("grpc"));
    ASSERT_TRUE(relay.ok()) << relay.status();
    relay_ = *std::move(relay);
    ServerProcess& dataplane = stack_->dataplane(kPartitioned);
    std::vector<std::string> args = dataplane.args();
    *(std::find(args.begin(), args.end(), "--control-plane") + 1) =
        base::Cat("127.0.0.1:", relay_->port());
    dataplane.SetArgs(std::move(args));
    const absl::Status restarted = dataplane.Restart();
    ASSERT_TRUE(restarted.ok()) << restarted;
    ASSERT_TRUE(stack_->WaitUntilReady(kPartitioned));
  }
  std::vector<FleetWatch::Node> Nodes() {
    std::vector<FleetWatch::Node> nodes;
    for (size_t i = 0; i < stack_->dataplanes(); ++i) {
      nodes.push_back({stack_->port(i), stack_->dataplane(i).port("ops")});
    }
    return nodes;
  }
  std::vector<uint16_t> Ports() {
    std::vector<uint16_t> ports;
    for (const FleetWatch::Node& node : Nodes()) ports.push_back(node.port);
    return ports;
  }
  RandomWriter::Open Opener() {
    return [port = stack_->controlplane().port("grpc"), token = stack_->admin_token_file()] {
      return AdminClient::Open(port, token);
    };
  }
  // Whether every data plane has the newest revision, refusing nothing.
  static bool AllCurrent(AdminClient& admin, size_t count) {
    int64_t newest = 0;
    const auto nodes = admin.Nodes(&newest);
    if (!nodes.ok()) return false;
    return count == static_cast<size_t>(std::count_if(
                        nodes->begin(), nodes->end(), [&](const admin::v1::Node& node) {
                          return node.connected() && node.acked_revision() == newest &&
                                 node.refusals().empty();
                        }));
  }
  void KillControlplane() {
    stack_->controlplane().Kill();
    const absl::Status back = stack_->RestartControlplane();
    ASSERT_TRUE(back.ok()) << back << stack_->controlplane().log();
  }

  // Everything that happens to the fleet, in the order of time, on this thread.
  void Disturb(const Plan& plan) {
    struct Event {
      milliseconds at;
      std::function<void()> happen;
    };
    std::mt19937_64 random(plan.seed);
    const auto instant = [&](milliseconds before) {
      return milliseconds(random() % static_cast<uint64_t>(before.count()));
    };
    std::vector<Event> events;
    // One in each part of the time, so that it lives a while in between.
    const milliseconds part = plan.duration / plan.kills;
    for (int i = 0; i < plan.kills; ++i) {
      events.push_back({i * part + instant(part), [this] { KillControlplane(); }});
    }
    Process& stopped = stack_->dataplane(kStopped).process();
    const milliseconds stop = instant(plan.duration - plan.outage);
    events.push_back({stop, [&stopped] { stopped.Stop(); }});
    events.push_back({stop + plan.outage, [&stopped] { stopped.Continue(); }});
    const milliseconds cut = instant(plan.duration - plan.outage);
    events.push_back({cut, [this] { relay_->Interrupt(true); }});
    events.push_back({cut + plan.outage, [this] { relay_->Interrupt(false); }});
    std::stable_sort(events.begin(), events.end(),
                     [](const Event& left, const Event& right) { return left.at < right.at; });
    const SteadyTime begin = std::chrono::steady_clock::now();
    for (const Event& event : events) {
      std::this_thread::sleep_until(begin + event.at);
      event.happen();
    }
  }

  // What the nodes themselves say that they serve.
  void ExpectOneHash() {
    const uint16_t port = stack_->controlplane().port("grpc");
    stack_->controlplane().Stop();
    HelloDesk desk;
    ASSERT_TRUE(Eventually([&] { return desk.Listen(port); }));
    const auto hellos = desk.Await(stack_->dataplanes(), absl::Minutes(1));
    ASSERT_EQ(hellos.size(), stack_->dataplanes());
    const fleet::v1::Hello& first = hellos.begin()->second;
    for (const auto& [node, hello] : hellos) {
      EXPECT_EQ(hello.revision(), first.revision()) << node;
      EXPECT_EQ(hello.epoch(), first.epoch()) << node;
      EXPECT_TRUE(hello.hash() == first.hash()) << node << " has other bytes";
    }
    EXPECT_EQ(first.hash().size(), 32u);
  }

  std::unique_ptr<TcpRelay> relay_;
};

TEST_F(ChaosTest, NoRequestFailsNoWriteIsLostAndAllConverge) {
  const Plan plan = PlanOf();
  std::cout << "SLUICE_CHAOS_SEED=" << plan.seed << std::endl;
  RecordProperty("seed", std::to_string(plan.seed));
  ASSERT_NO_FATAL_FAILURE(PutRelay());
  const milliseconds patience = plan.outage + 2 * kPatience;

  FleetWatch watch(Nodes(), key_, patience);
  bench::Traffic traffic(Ports(), key_, milliseconds(10), patience);
  std::atomic<bool> disturbed{false};
  std::vector<std::unique_ptr<RandomWriter>> writers;
  std::vector<std::thread> writing;
  const auto acknowledged = [&] {
    int64_t sum = 0;
    for (const auto& writer : writers) sum += writer->acknowledged();
    return sum;
  };
  for (int i = 0; i < kWriters; ++i) {
    writers.push_back(std::make_unique<RandomWriter>(i, plan.seed + 1 + i, Opener()));
  }
  for (const auto& writer : writers) {
    writing.emplace_back([&, writer = writer.get()] {
      while (!disturbed || acknowledged() < kWrites) {
        const int64_t lost = writer->lost();
        writer->Step();
        if (writer->lost() > lost) std::this_thread::sleep_for(milliseconds(5));
      }
    });
  }
  Disturb(plan);
  disturbed = true;
  for (std::thread& thread : writing) thread.join();
  const SteadyTime end = std::chrono::steady_clock::now();

  auto admin = AdminClient::Open(stack_->controlplane().port("grpc"), stack_->admin_token_file());
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_TRUE(
      Eventually([&] { return AllCurrent(**admin, stack_->dataplanes()); }, 2 * plan.to_converge));
  const auto took = std::chrono::steady_clock::now() - end;
  EXPECT_LT(took, plan.to_converge) << stack_->Ctl({"node", "list"}).out;

  const bench::Traffic::Result requests = traffic.Stop();
  const FleetWatch::Result watched = watch.Stop();
  EXPECT_EQ(requests.failures, 0) << requests.first_failure;
  EXPECT_THAT(watched.complaints, IsEmpty());
  int64_t lost = 0;
  for (const auto& writer : writers) lost += writer->lost();
  std::cout << acknowledged() << " writes acknowledged, " << lost << " answers lost, "
            << requests.requests << " requests, " << watched.streams << " streams, "
            << watched.looks << " looks; converged in "
            << std::chrono::duration_cast<milliseconds>(took).count() << " ms" << std::endl;

  auto facts = FactsOf(**admin);
  ASSERT_TRUE(facts.ok()) << facts.status();
  for (const auto& writer : writers) {
    EXPECT_THAT(writer->Differences(*facts), IsEmpty());
    EXPECT_THAT(writer->unexpected(), IsEmpty());
    for (const bool revoked : {false, true}) {
      const std::vector<std::string> texts = writer->Texts(revoked);
      if (texts.empty()) continue;
      for (const uint16_t port : Ports()) {
        auto answer = Fetch(port, "GET", "/p/demo/models", {Stack::Bearer(texts.back())});
        ASSERT_TRUE(answer.ok()) << answer.status();
        EXPECT_EQ(answer->status, revoked ? 401 : 200);
      }
    }
  }
  EXPECT_TRUE(stack_->Ctl({"audit", "verify"}).ok());
  ExpectOneHash();
}

}  // namespace
}  // namespace sluice::test
