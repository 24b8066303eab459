// How fast a change is everywhere, and how fast a revoked key is refused.
#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "common/base/text.h"
#include "tests/bench/fleet/measurements.h"
#include "tests/bench/fleet/probe.h"

namespace sluice::bench {
namespace {

// Between two writes, so that each is a change of its own.
constexpr std::chrono::milliseconds kPause{15};
constexpr std::chrono::seconds kPatience{60};
// Between two requests that look for the refusal.
constexpr std::chrono::milliseconds kLook{4};

SteadyClock::duration SinceOrZero(SteadyClock::time_point begin, SteadyClock::time_point end) {
  return std::max(SteadyClock::duration{}, end - begin);
}

absl::Status NotEverywhere(int64_t revision) {
  return absl::DeadlineExceededError(
      base::Cat("a simulated node did not get revision ", revision, " in time"));
}

// One data plane, asked with a key until it refuses it.
class RefusalWatch {
 public:
  explicit RefusalWatch(uint16_t port) : probe_(port, "") {}

  void Begin(const std::string& key) {
    served_ = false;
    error_.clear();
    probe_.UseKey(key);
    thread_ = std::thread([this] { Run(); });
  }
  bool served() const { return served_; }
  // When the first 401 was read.
  absl::StatusOr<SteadyClock::time_point> End() {
    thread_.join();
    if (!error_.empty()) return absl::InternalError("instead of 200 or 401: " + error_);
    return refused_at_;
  }

 private:
  void Run() {
    const auto give_up = SteadyClock::now() + kPatience;
    while (SteadyClock::now() < give_up) {
      const int status = probe_.Ask();
      refused_at_ = SteadyClock::now();
      if (status == 401 && served_) return;
      if (status != 200) {
        error_ = probe_.error();
        break;
      }
      served_ = true;
      std::this_thread::sleep_for(kLook);
    }
    if (error_.empty()) error_ = "200 for a minute";
    served_ = true;  // nobody is to wait for it
  }

  Probe probe_;
  std::atomic<bool> served_{false};
  std::string error_;
  SteadyClock::time_point refused_at_;
  std::thread thread_;
};

absl::Status RevokeOne(World& world, SimulatedFleet& fleet, const test::AdminClient::NewKey& key,
                       std::vector<std::unique_ptr<RefusalWatch>>& watches, Revocation* result) {
  for (auto& watch : watches) watch->Begin(key.text);
  for (auto& watch : watches) {
    while (!watch->served()) std::this_thread::sleep_for(kLook);
  }
  const auto revision = world.admin().RevokeKey(key.id);
  const auto returned = SteadyClock::now();
  SteadyClock::duration slowest{};
  absl::Status status = revision.status();
  for (auto& watch : watches) {
    auto refused = watch->End();
    if (!refused.ok()) status = refused.status();
    if (refused.ok()) slowest = std::max(slowest, SinceOrZero(returned, *refused));
  }
  if (!status.ok()) return status;
  const auto last = fleet.arrivals().Last(*revision, fleet.size(), kPatience);
  if (!last) return NotEverywhere(*revision);
  const auto simulated = SinceOrZero(returned, *last);
  result->to_refusal.Add(slowest);
  result->to_simulated.Add(simulated);
  result->to_all.Add(std::max(slowest, simulated));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Propagation> MeasurePropagation(World& world, SimulatedFleet& fleet, size_t writes) {
  Propagation result;
  if (absl::Status settled = world.Settle(); !settled.ok()) return settled;
  for (size_t i = 0; i < writes; ++i) {
    const auto sent = SteadyClock::now();
    auto revision =
        world.admin().LabelKey(world.spare_key(7 * i), base::Cat("write-", fleet.size(), "-", i));
    if (!revision.ok()) return revision.status();
    const auto returned = SteadyClock::now();
    absl::Status all =
        world.admin().AwaitAll(*revision, absl::FromChrono(kPatience), &result.nodes);
    if (!all.ok()) return all;
    const auto done = SteadyClock::now();
    const auto last = fleet.arrivals().Last(*revision, fleet.size(), kPatience);
    if (!last) return NotEverywhere(*revision);
    result.from_return.Add(done - returned);
    result.from_send.Add(done - sent);
    result.to_simulated.Add(SinceOrZero(returned, *last));
    std::this_thread::sleep_for(kPause);
  }
  return result;
}

absl::StatusOr<Revocation> MeasureRevocation(World& world, SimulatedFleet& fleet, size_t keys) {
  std::vector<test::AdminClient::NewKey> made;
  for (size_t i = 0; i < keys; ++i) {
    auto key = world.admin().CreateKey(base::Cat("revoked-", i));
    if (!key.ok()) return key.status();
    made.push_back(*std::move(key));
  }
  if (absl::Status settled = world.Settle(); !settled.ok()) return settled;
  std::vector<std::unique_ptr<RefusalWatch>> watches;
  for (const uint16_t port : world.ports()) watches.push_back(std::make_unique<RefusalWatch>(port));
  Revocation result;
  for (const test::AdminClient::NewKey& key : made) {
    absl::Status status = RevokeOne(world, fleet, key, watches, &result);
    if (!status.ok()) return status;
  }
  return result;
}

}  // namespace sluice::bench
