// The metrics of a control plane, gathered when they are asked for. Thread-safe.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "controlplane/publish/watch_hub.h"
#include "controlplane/service/rpc_counters.h"
#include "controlplane/service/work_threads.h"

namespace sluice::service {

class ControlMetrics {
 public:
  ControlMetrics(publish::WatchHub& hub, const RpcCounters& rpcs, const WorkThreads& threads)
      : hub_(hub), rpcs_(rpcs), threads_(threads) {}

  // In the text format of Prometheus.
  std::string Text() const;

 private:
  using Families = std::vector<prometheus::MetricFamily>;

  void AddConfiguration(Families* families) const;
  void AddFleet(Families* families) const;
  void AddRpcs(Families* families) const;

  publish::WatchHub& hub_;
  const RpcCounters& rpcs_;
  const WorkThreads& threads_;
};

}  // namespace sluice::service
