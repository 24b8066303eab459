// What a change of one key costs a data plane that has many: bytes, CPU, and its requests' time.
#include <algorithm>
#include <thread>
#include <vector>

#include "common/base/text.h"
#include "tests/bench/fleet/measurements.h"
#include "tests/bench/fleet/traffic.h"

namespace sluice::bench {
namespace {

constexpr std::chrono::milliseconds kBetweenChanges{100};
constexpr std::chrono::seconds kRound{4};
constexpr std::chrono::microseconds kBetweenRequests{2000};
constexpr size_t kConnections = 2;
constexpr absl::Duration kPatience = absl::Minutes(1);

// What data plane 0 has used so far.
struct Usage {
  SteadyClock::time_point at;
  double cpu_seconds;
  double down;
  double up;
};

Usage UsageOf(World& world) {
  return {SteadyClock::now(), world.stack().dataplane().process().CpuSeconds(),
          static_cast<double>(world.relay().from_target()),
          static_cast<double>(world.relay().to_target())};
}

// One change every kBetweenChanges until `until` or, if that is given, `count` of them.
absl::Status Change(World& world, size_t count, SteadyClock::time_point until) {
  static size_t number = 0;
  auto next = SteadyClock::now();
  for (size_t i = 0; i < count && SteadyClock::now() < until; ++i) {
    ++number;
    auto revision = world.admin().LabelKey(world.spare_key(13 * number), base::Cat("d", number));
    if (!revision.ok()) return revision.status();
    int nodes = 0;
    absl::Status all = world.admin().AwaitAll(*revision, kPatience, &nodes);
    if (!all.ok()) return all;
    next = std::max(next + kBetweenChanges, SteadyClock::now());
    std::this_thread::sleep_until(next);
  }
  return absl::OkStatus();
}

absl::Status MeasureUse(World& world, size_t changes, DeltaCost* cost) {
  const Usage begin = UsageOf(world);
  std::this_thread::sleep_for(changes * kBetweenChanges);
  const Usage idle = UsageOf(world);
  absl::Status status = Change(world, changes, SteadyClock::time_point::max());
  if (!status.ok()) return status;
  const Usage end = UsageOf(world);
  const double share = std::chrono::duration<double>(end.at - idle.at) /
                       std::chrono::duration<double>(idle.at - begin.at);
  const auto each = [&](double before, double middle, double after) {
    return ((after - middle) - share * (middle - before)) / static_cast<double>(changes);
  };
  cost->cpu_ms = 1000 * each(begin.cpu_seconds, idle.cpu_seconds, end.cpu_seconds);
  cost->bytes_down = each(begin.down, idle.down, end.down);
  cost->bytes_up = each(begin.up, idle.up, end.up);
  return absl::OkStatus();
}

// Requests through data plane 0 of `world`, while `changed` is changed.
absl::StatusOr<Samples> Round(World& world, World& changed) {
  const std::vector<uint16_t> ports(kConnections, world.stack().port());
  Traffic traffic(ports, world.key(), kBetweenRequests);
  const auto until = SteadyClock::now() + kRound;
  absl::Status done = Change(changed, SIZE_MAX, until);
  if (!done.ok()) return done;
  Traffic::Result result = traffic.Stop();
  if (result.failures > 0) return absl::InternalError(result.first_failure);
  return result.times;
}

}  // namespace

absl::StatusOr<DeltaCost> MeasureDeltaCost(World& world, World& twin, size_t changes,
                                           size_t rounds) {
  DeltaCost cost;
  if (absl::Status settled = world.Settle(); !settled.ok()) return settled;
  if (auto warm = Round(world, world); !warm.ok()) return warm.status();
  if (absl::Status used = MeasureUse(world, changes, &cost); !used.ok()) return used;
  std::vector<double> ratios;
  for (size_t i = 0; i < rounds; ++i) {
    auto quiet = Round(world, twin);
    if (!quiet.ok()) return quiet.status();
    auto busy = Round(world, world);
    if (!busy.ok()) return busy.status();
    ratios.push_back(busy->Percentile(99) / quiet->Percentile(99));
    cost.quiet.AddAll(*quiet);
    cost.busy.AddAll(*busy);
  }
  std::sort(ratios.begin(), ratios.end());
  // Of all rounds together: the hundredth part of one is a handful of requests.
  cost.ratio = cost.busy.Percentile(99) / cost.quiet.Percentile(99);
  cost.least_ratio = ratios.front();
  cost.most_ratio = ratios.back();
  return cost;
}

}  // namespace sluice::bench
