#include "dataplane/observe/metrics.h"

#include <utility>

#include "dataplane/observe/metrics_families.h"

namespace sluice::observe {

Metrics::Metrics(std::string build, absl::Time started_at)
    : build_(std::move(build)), started_at_(started_at) {}

WorkerMetrics& Metrics::AddWorker() {
  absl::MutexLock lock(&mutex_);
  return workers_.emplace_back();
}

void Metrics::SetConfigurationSource(std::function<ConfigurationState()> source) {
  absl::MutexLock lock(&mutex_);
  configuration_ = std::move(source);
}

void Metrics::SetTlsSource(std::function<TlsState()> source) {
  absl::MutexLock lock(&mutex_);
  tls_ = std::move(source);
}

void Metrics::SetRecordSource(std::function<RecordState()> source) {
  absl::MutexLock lock(&mutex_);
  records_ = std::move(source);
}

void Metrics::SetTraceSource(std::function<TraceState()> source) {
  absl::MutexLock lock(&mutex_);
  traces_ = std::move(source);
}

void Metrics::SetGuardSource(std::function<GuardState()> source) {
  absl::MutexLock lock(&mutex_);
  guards_ = std::move(source);
}

std::vector<WorkerTotals> Metrics::Workers() const {
  absl::MutexLock lock(&mutex_);
  std::vector<WorkerTotals> workers;
  workers.reserve(workers_.size());
  for (const WorkerMetrics& worker : workers_) workers.push_back(worker.Read());
  return workers;
}

WorkerTotals Metrics::Totals() const {
  WorkerTotals totals;
  for (const WorkerTotals& worker : Workers()) totals += worker;
  return totals;
}

UsageByProvider Metrics::Usage() const {
  absl::MutexLock lock(&mutex_);
  UsageByProvider usage;
  for (const WorkerMetrics& worker : workers_) worker.usage().AddTo(&usage);
  return usage;
}

TrafficByProvider Metrics::Traffic() const {
  absl::MutexLock lock(&mutex_);
  TrafficByProvider traffic;
  for (const WorkerMetrics& worker : workers_) worker.traffic().AddTo(&traffic);
  return traffic;
}

GatewayTimesHistogram::Totals Metrics::Admission() const {
  absl::MutexLock lock(&mutex_);
  GatewayTimesHistogram::Totals totals;
  for (const WorkerMetrics& worker : workers_) totals += worker.traffic().Admission();
  return totals;
}

std::string Metrics::Render() const {
  std::function<ConfigurationState()> configuration;
  std::function<TlsState()> tls;
  std::function<GuardState()> guards;
  std::function<RecordState()> records;
  std::function<TraceState()> traces;
  {
    absl::MutexLock lock(&mutex_);
    configuration = configuration_;
    tls = tls_;
    guards = guards_;
    records = records_;
    traces = traces_;
  }
  MetricsPage page;
  AddTraffic(page, Totals());
  AddWorkers(page, Workers());
  AddProviders(page, Traffic(), Admission());
  AddUsage(page, Usage());
  AddConfiguration(page, configuration ? configuration() : ConfigurationState());
  if (guards) AddGuards(page, guards());
  if (records) AddRecords(page, records());
  if (traces) AddTraces(page, traces());
  if (tls) AddTls(page, tls());
  AddProcess(page, build_, started_at_);
  return page.Text();
}

}  // namespace sluice::observe
