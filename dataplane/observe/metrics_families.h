// The families of metrics that a data plane shows: from plain numbers to a page. Pure, but for
// AddProcess, which looks at /proc.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "dataplane/observe/configuration_state.h"
#include "dataplane/observe/guard_state.h"
#include "dataplane/observe/metrics_page.h"
#include "dataplane/observe/provider_traffic.h"
#include "dataplane/observe/record_state.h"
#include "dataplane/observe/tls_state.h"
#include "dataplane/observe/trace_state.h"
#include "dataplane/observe/usage_counts.h"
#include "dataplane/observe/worker_metrics.h"

namespace sluice::observe {

void AddTraffic(MetricsPage& page, const WorkerTotals& totals);
// How evenly they are loaded.
void AddWorkers(MetricsPage& page, const std::vector<WorkerTotals>& workers);
void AddProviders(MetricsPage& page, const TrafficByProvider& traffic,
                  const GatewayTimesHistogram::Totals& admission);
void AddUsage(MetricsPage& page, const UsageByProvider& usage);

void AddConfiguration(MetricsPage& page, const ConfigurationState& state);
void AddGuards(MetricsPage& page, const GuardState& state);
void AddTls(MetricsPage& page, const TlsState& state);
void AddRecords(MetricsPage& page, const RecordState& state);
void AddTraces(MetricsPage& page, const TraceState& state);
void AddProcess(MetricsPage& page, const std::string& build, absl::Time started_at);

}  // namespace sluice::observe
