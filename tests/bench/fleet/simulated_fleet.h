// Many simulated nodes in one process, each with its own connection, over real gRPC.
//
// Thread-safe for one driver: Grow, Stop and the destructor belong to one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/fleet/arrival_log.h"
#include "tests/bench/fleet/simulated_node.h"
#include "tests/bench/fleet/timetable.h"

namespace sluice::bench {

class SimulatedFleet {
 public:
  // For all nodes; id, resumed revision and on_served are filled in here.
  explicit SimulatedFleet(SimulatedNode::Options options) : options_(std::move(options)) {}
  ~SimulatedFleet() { Stop(); }
  SimulatedFleet(const SimulatedFleet&) = delete;
  SimulatedFleet& operator=(const SimulatedFleet&) = delete;

  // Starts nodes until there are `count`. The first takes a snapshot, the others begin as if they
  // had it from their last-known-good files, so that a large configuration is not sent a thousand
  // times. False if not all are current in time.
  bool Grow(size_t count, SteadyClock::duration patience);
  void Stop();

  size_t size() const { return nodes_.size(); }
  ArrivalLog& arrivals() { return arrivals_; }
  std::vector<SimulatedNode::State> States() const;
  // When the last node became current after `since`; absent if one is not within `patience`.
  std::optional<SteadyClock::time_point> LastCurrent(SteadyClock::time_point since,
                                                     SteadyClock::duration patience) const;

 private:
  void Add(const ServedRevision& resumed);

  const SimulatedNode::Options options_;
  ArrivalLog arrivals_;
  std::vector<std::shared_ptr<SimulatedNode>> nodes_;
  // Last: its tasks go first.
  std::unique_ptr<Timetable> timetable_ = std::make_unique<Timetable>();
};

}  // namespace sluice::bench
