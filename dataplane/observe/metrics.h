// All metrics of a data plane: owns what each worker counts, adds it up, and writes the Prometheus
// text at a scrape.
//
// Nothing happens between scrapes. Names are sluice_dataplane_* and the usual process_*. Outlives
// the workers.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "dataplane/observe/configuration_state.h"
#include "dataplane/observe/guard_state.h"
#include "dataplane/observe/record_state.h"
#include "dataplane/observe/tls_state.h"
#include "dataplane/observe/trace_state.h"
#include "dataplane/observe/worker_metrics.h"

namespace sluice::observe {

class Metrics {
 public:
  // `build`: the version, as --version says it. `started_at`: of the process.
  Metrics(std::string build, absl::Time started_at);

  // One per worker, before it starts; valid as long as this object.
  WorkerMetrics& AddWorker();
  // Where the state of the configuration comes from; before the first scrape. `source` is called on
  // the scraper's thread.
  void SetConfigurationSource(std::function<ConfigurationState()> source);
  // Likewise of the data port's TLS; none without.
  void SetTlsSource(std::function<TlsState()> source);

  // Likewise of traces; none without.
  void SetTraceSource(std::function<TraceState()> source);

  // Likewise of the accounts' records and the access log.
  void SetRecordSource(std::function<RecordState()> source);

  // Likewise of providers and their keys.
  void SetGuardSource(std::function<GuardState()> source);

  // Any thread.
  // Of each, in the order in which they were added.
  std::vector<WorkerTotals> Workers() const;
  WorkerTotals Totals() const;
  UsageByProvider Usage() const;
  TrafficByProvider Traffic() const;
  // Text exposition format 0.0.4.
  std::string Render() const;

 private:
  const std::string build_;
  const absl::Time started_at_;
  GatewayTimesHistogram::Totals Admission() const;

  mutable absl::Mutex mutex_;
  std::deque<WorkerMetrics> workers_ ABSL_GUARDED_BY(mutex_);
  std::function<ConfigurationState()> configuration_ ABSL_GUARDED_BY(mutex_);
  std::function<TlsState()> tls_ ABSL_GUARDED_BY(mutex_);
  std::function<GuardState()> guards_ ABSL_GUARDED_BY(mutex_);
  std::function<RecordState()> records_ ABSL_GUARDED_BY(mutex_);
  std::function<TraceState()> traces_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::observe
