// The metrics of a control plane, gathered when they are asked for. Thread-safe.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "controlplane/publish/budget_ledger.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/service/rpc_counters.h"
#include "controlplane/service/usage_counters.h"
#include "controlplane/service/work_threads.h"

namespace sluice::service {

class ControlMetrics {
 public:
  ControlMetrics(publish::WatchHub& hub, const RpcCounters& rpcs, const WorkThreads& threads,
                 const UsageCounters& usage, const publish::BudgetLedger& budgets)
      : hub_(hub), rpcs_(rpcs), threads_(threads), usage_(usage), budgets_(budgets) {}

  // In the text format of Prometheus.
  std::string Text() const;

 private:
  using Families = std::vector<prometheus::MetricFamily>;

  void AddConfiguration(Families* families) const;
  void AddFleet(Families* families) const;
  void AddRpcs(Families* families) const;
  void AddUsage(Families* families) const;
  void AddBudgets(Families* families) const;
  void AddClientKeys(Families* families) const;

  publish::WatchHub& hub_;
  const RpcCounters& rpcs_;
  const WorkThreads& threads_;
  const UsageCounters& usage_;
  const publish::BudgetLedger& budgets_;
};

}  // namespace sluice::service
