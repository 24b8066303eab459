// sluice-fleet-bench: takes the figures that a fleet must reach, in one run, and prints them as the
// table of docs/BENCHMARKS.md.
//
// 0: every target was reached, or --smoke. 1: something failed. 2: a wrong flag. 3: a target was
// missed.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "tests/bench/fleet/measurements.h"
#include "tests/bench/fleet/report.h"

namespace {

using namespace sluice::bench;  // NOLINT(google-build-using-namespace)

struct Plan {
  size_t keys = 100'000;
  size_t dataplanes = 5;
  size_t small_fleet = 100;   // data planes among them
  size_t large_fleet = 1000;  // beside the data planes
  size_t writes = 200;
  size_t rounds = 12;
  size_t cold_keys = 10'000;
  size_t cold_starts = 20;
  bool smoke = false;
};

void MakeSmall(Plan* plan) {
  *plan = {.keys = 40,
           .dataplanes = 2,
           .small_fleet = 12,
           .large_fleet = 20,
           .writes = 3,
           .rounds = 1,
           .cold_keys = 20,
           .cold_starts = 2,
           .smoke = true};
}

void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void Say(const std::string& what) { std::cerr << what << std::endl; }

void AddDeltaCost(const Plan& plan, const DeltaCost& cost, Report* report) {
  const std::string what = fmt::format("delta of one key at {} client keys", plan.keys);
  report->Add(what + ": on the wire to a node", "< 1 KiB", cost.bytes_down, 1024,
              fmt::format("{:.0f} B", cost.bytes_down),
              fmt::format("HTTP/2 framing included, at the socket; {:.0f} B back", cost.bytes_up));
  report->Add(
      what + ": CPU on a data plane", "< 5 ms", cost.cpu_ms, 5,
      fmt::format("{:.2f} ms", cost.cpu_ms),
      fmt::format("of {} changes, 10 a second, its last-known-good file included", plan.writes));
  report->Add(
      what + ": p99 of requests meanwhile", "within 1.2x", cost.ratio, 1.2,
      fmt::format("{:.2f}x", cost.ratio),
      fmt::format(
          "{} rounds in turns, a single one {:.2f} to {:.2f}; with the changes going to a twin "
          "beside it: {}; to it: {}",
          plan.rounds, cost.least_ratio, cost.most_ratio, cost.quiet.Text(), cost.busy.Text()));
}

void AddPropagation(const Propagation& spread, double limit, Report* report) {
  report->Add(
      fmt::format("write committed to last of {} nodes acknowledged", spread.nodes),
      fmt::format("p99 < {:.0f} ms", limit), spread.from_return.Percentile(99), limit,
      fmt::format("p99 {:.1f} ms", spread.from_return.Percentile(99)),
      fmt::format("from the write's return: {}; from its sending: {}; until the last "
                  "simulated node had it: {}",
                  spread.from_return.Text(), spread.from_send.Text(), spread.to_simulated.Text()));
}

void AddRevocation(const Plan& plan, const Revocation& revocation, Report* report) {
  const double p99 = revocation.to_all.Percentile(99);
  report->Add(
      fmt::format("revoke returned to refused on every node of {}", plan.small_fleet),
      "p99 < 100 ms", p99, 100, fmt::format("p99 {:.1f} ms", p99),
      fmt::format("first 401 of the last of {} data planes: {}; arrival at the last "
                  "simulated node: {}",
                  plan.dataplanes, revocation.to_refusal.Text(), revocation.to_simulated.Text()));
}

void AddReconnection(const Plan& plan, const Reconnection& back, Report* report) {
  report->Add(
      fmt::format("{} nodes reconnecting after kill -9 of the control plane, all up to date",
                  plan.large_fleet + plan.dataplanes),
      "< 10 s", back.restart_seconds, 10, fmt::format("{:.1f} s", back.restart_seconds),
      fmt::format("from the new process's exec, {:.1f} s from the kill; {} snapshots, {} "
                  "retry hints",
                  back.kill_seconds, back.snapshots, back.retry_hints));
  report->Add(
      "requests through the data planes meanwhile that failed", "0",
      static_cast<double>(back.failures), 1, fmt::format("{}", back.failures),
      fmt::format("of {}{}", back.requests, back.failures > 0 ? "; " + back.first_failure : ""));
}

absl::Status MeasureFleet(const Plan& plan, Report* report) {
  Say(fmt::format("a control plane with {} client keys and one data plane", plan.keys));
  auto world = World::Start(plan.keys);
  if (!world.ok()) return world.status();
  Say("what a change costs a data plane");
  auto cost = [&]() -> absl::StatusOr<DeltaCost> {
    auto twin = World::Start(plan.keys);
    if (!twin.ok()) return twin.status();
    return MeasureDeltaCost(**world, **twin, plan.writes, plan.rounds);
  }();
  if (!cost.ok()) return cost.status();
  Say(fmt::format("a fleet of {}, {} of them data planes", plan.small_fleet, plan.dataplanes));
  absl::Status added = (*world)->AddDataplanes(plan.dataplanes);
  if (!added.ok()) return added;
  const std::unique_ptr<SimulatedFleet> fleet = (*world)->NewFleet();
  if (!fleet->Grow(plan.small_fleet - plan.dataplanes, std::chrono::minutes(2))) {
    return absl::DeadlineExceededError("the simulated nodes are not current in time");
  }
  auto small = MeasurePropagation(**world, *fleet, plan.writes);
  if (!small.ok()) return small.status();
  Say("revocations");
  auto revocation = MeasureRevocation(**world, *fleet, plan.writes);
  if (!revocation.ok()) return revocation.status();
  Say(fmt::format("{} simulated nodes", plan.large_fleet));
  if (!fleet->Grow(plan.large_fleet, std::chrono::minutes(3))) {
    return absl::DeadlineExceededError("the simulated nodes are not current in time");
  }
  auto large = MeasurePropagation(**world, *fleet, plan.writes);
  if (!large.ok()) return large.status();
  const Memory before = MemoryOf((*world)->stack().controlplane().process().pid());
  Say("kill -9 and restart");
  auto back = MeasureReconnection(**world, *fleet);
  if (!back.ok()) return back.status();
  const Memory after = MemoryOf((*world)->stack().controlplane().process().pid());

  AddPropagation(*small, 50, report);
  AddPropagation(*large, 500, report);
  AddRevocation(plan, *revocation, report);
  AddReconnection(plan, *back, report);
  AddDeltaCost(plan, *cost, report);
  report->Add(fmt::format("control plane RSS with {} nodes and {} keys",
                          plan.large_fleet + plan.dataplanes, plan.keys),
              "< 300 MB", std::max(before.now, after.now) * 1.048576, 300,
              fmt::format("{:.0f} MB", std::max(before.now, after.now) * 1.048576),
              fmt::format("before and after the restart {:.0f} and {:.0f} MiB, at most {:.0f} and "
                          "{:.0f}",
                          before.now, after.now, before.most, after.most));
  return absl::OkStatus();
}

absl::Status MeasureColdStart(const Plan& plan, Report* report) {
  Say("cold starts");
  auto starts = MeasureColdStarts(plan.cold_keys, plan.cold_starts);
  if (!starts.ok()) return starts.status();
  report->Add(fmt::format("cold start of a data plane with {} keys on disk, exec to first 200",
                          plan.cold_keys),
              "< 200 ms", starts->max(), 200, fmt::format("max {:.0f} ms", starts->max()),
              starts->Text() + ", no control plane there");
  return absl::OkStatus();
}

int Run(const Plan& plan) {
  RaiseFileLimit();
  Report report;
  absl::Status status = MeasureFleet(plan, &report);
  if (status.ok()) status = MeasureColdStart(plan, &report);
  report.Print(std::cout);
  if (!status.ok()) {
    std::cerr << "sluice-fleet-bench: " << std::string(status.message()) << "\n";
    return 1;
  }
  return plan.smoke || report.all_hold() ? 0 : 3;
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  CLI::App flags{"Measures a fleet of simulated nodes and real data planes on this machine"};
  flags.add_option("--keys", plan.keys, "Client keys in the configuration")->capture_default_str();
  flags.add_option("--dataplanes", plan.dataplanes, "Real ones")->capture_default_str();
  flags.add_option("--small-fleet", plan.small_fleet, "Nodes, the real ones among them")
      ->capture_default_str();
  flags.add_option("--large-fleet", plan.large_fleet, "Simulated nodes beside the real ones")
      ->capture_default_str();
  flags.add_option("--writes", plan.writes, "Changes of each kind")->capture_default_str();
  flags.add_option("--rounds", plan.rounds, "Of requests with and without changes")
      ->capture_default_str();
  flags.add_option("--cold-keys", plan.cold_keys, "Client keys of the cold start")
      ->capture_default_str();
  flags.add_option("--cold-starts", plan.cold_starts, "How many")->capture_default_str();
  flags.add_flag("--smoke", plan.smoke, "Only see that it works, with a few nodes");
  CLI11_PARSE(flags, argc, argv);
  if (plan.smoke) MakeSmall(&plan);
  return Run(plan);
}
