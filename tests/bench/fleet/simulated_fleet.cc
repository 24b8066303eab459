#include "tests/bench/fleet/simulated_fleet.h"

#include <algorithm>
#include <thread>

namespace sluice::bench {
namespace {

constexpr std::chrono::milliseconds kLook{2};

}  // namespace

void SimulatedFleet::Add(const ServedRevision& resumed) {
  SimulatedNode::Options options = options_;
  const size_t number = nodes_.size();
  options.id = "sim-" + std::to_string(number);
  options.resumed = resumed;
  options.on_served = [this, number](int64_t revision, SteadyClock::time_point at) {
    arrivals_.Note(number, revision, at);
  };
  if (resumed.revision > 0) arrivals_.Note(number, resumed.revision, SteadyClock::now());
  nodes_.push_back(std::make_shared<SimulatedNode>(std::move(options), *timetable_));
  nodes_.back()->Start();
}

bool SimulatedFleet::Grow(size_t count, SteadyClock::duration patience) {
  const auto begin = SteadyClock::time_point{};
  if (nodes_.empty() && count > 0) {
    Add({});
    if (!LastCurrent(begin, patience)) return false;
  }
  while (nodes_.size() < count) Add(nodes_[0]->state().served);
  return LastCurrent(begin, patience).has_value();
}

void SimulatedFleet::Stop() {
  for (const auto& node : nodes_) node->Stop();
  const auto give_up = SteadyClock::now() + std::chrono::seconds(10);
  const auto connected = [](const auto& node) { return node->connected(); };
  while (std::any_of(nodes_.begin(), nodes_.end(), connected) && SteadyClock::now() < give_up) {
    std::this_thread::sleep_for(kLook);
  }
  timetable_.reset();
  nodes_.clear();
}

std::vector<SimulatedNode::State> SimulatedFleet::States() const {
  std::vector<SimulatedNode::State> states;
  for (const auto& node : nodes_) states.push_back(node->state());
  return states;
}

std::optional<SteadyClock::time_point> SimulatedFleet::LastCurrent(
    SteadyClock::time_point since, SteadyClock::duration patience) const {
  const auto give_up = SteadyClock::now() + patience;
  while (SteadyClock::now() < give_up) {
    SteadyClock::time_point last{};
    const bool all = std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
      const SimulatedNode::State state = node->state();
      last = std::max(last, state.current_since);
      return state.current && state.current_since > since;
    });
    if (all) return last;
    std::this_thread::sleep_for(kLook);
  }
  return std::nullopt;
}

}  // namespace sluice::bench
