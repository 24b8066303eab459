// A whole fleet that loses its control plane and finds it again.
#include <sys/types.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include "common/base/text.h"
#include "tests/bench/fleet/measurements.h"
#include "tests/bench/fleet/traffic.h"

namespace sluice::bench {
namespace {

constexpr std::chrono::seconds kPatience{120};
constexpr std::chrono::milliseconds kLook{20};
constexpr std::chrono::milliseconds kBetweenRequests{10};

int64_t Sum(const SimulatedFleet& fleet, int64_t SimulatedNode::State::*count) {
  int64_t sum = 0;
  for (const SimulatedNode::State& state : fleet.States()) sum += state.*count;
  return sum;
}

// When every data plane was seen with the newest revision.
absl::StatusOr<SteadyClock::time_point> AwaitDataplanes(World& world, size_t nodes) {
  const auto give_up = SteadyClock::now() + kPatience;
  while (SteadyClock::now() < give_up) {
    int64_t newest = 0;
    auto listed = world.admin().Nodes(&newest);
    if (!listed.ok()) return listed.status();
    const auto at = SteadyClock::now();
    const auto current = std::count_if(listed->begin(), listed->end(), [&](const auto& node) {
      return node.connected() && node.acked_revision() == newest;
    });
    if (static_cast<size_t>(current) == nodes) return at;
    std::this_thread::sleep_for(kLook);
  }
  return absl::DeadlineExceededError("a node is not up to date in time");
}

double Seconds(SteadyClock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

absl::StatusOr<Reconnection> MeasureReconnection(World& world, SimulatedFleet& fleet) {
  if (absl::Status settled = world.Settle(); !settled.ok()) return settled;
  Reconnection result;
  const int64_t snapshots = Sum(fleet, &SimulatedNode::State::snapshots);
  const int64_t hints = Sum(fleet, &SimulatedNode::State::retry_hints);
  Traffic traffic(world.ports(), world.key(), kBetweenRequests);
  std::this_thread::sleep_for(50 * kLook);
  const auto killed = SteadyClock::now();
  world.stack().controlplane().Kill();
  const auto started = SteadyClock::now();
  absl::Status status = world.stack().RestartControlplane();
  if (status.ok()) status = world.Reopen();
  if (!status.ok()) return status;
  const auto last = fleet.LastCurrent(killed, kPatience);
  if (!last) return absl::DeadlineExceededError("a simulated node did not come back in time");
  auto real = AwaitDataplanes(world, fleet.size() + world.ports().size());
  if (!real.ok()) return real.status();
  result.restart_seconds = Seconds(std::max(*last, *real) - started);
  result.kill_seconds = Seconds(std::max(*last, *real) - killed);
  const Traffic::Result requests = traffic.Stop();
  result.requests = requests.requests;
  result.failures = requests.failures;
  result.first_failure = requests.first_failure;
  result.snapshots = Sum(fleet, &SimulatedNode::State::snapshots) - snapshots;
  result.retry_hints = Sum(fleet, &SimulatedNode::State::retry_hints) - hints;
  return result;
}

Memory MemoryOf(int pid) {
  std::ifstream status(base::Cat("/proc/", pid, "/status"));
  Memory memory;
  for (std::string name; status >> name;) {
    double kib = 0;
    if (name == "VmRSS:" && status >> kib) memory.now = kib / 1024;
    if (name == "VmHWM:" && status >> kib) memory.most = kib / 1024;
    status.ignore(4096, '\n');
  }
  return memory;
}

}  // namespace sluice::bench
