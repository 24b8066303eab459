#include "controlplane/service/control_metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <limits>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/access/rpc_rules.h"

namespace sluice::service {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr int kTopSeconds = 60;
constexpr size_t kTopKeys = 20;
constexpr double kNanos = 1e9;
constexpr double kHourSeconds = 3600;

MetricFamily Gauge(const std::string& name, std::string help, double value) {
  MetricFamily family{"sluice_controlplane_" + name, std::move(help), MetricType::Gauge, {}};
  family.metric.emplace_back().gauge.value = value;
  return family;
}

MetricFamily Counter(const std::string& name, std::string help, uint64_t value) {
  MetricFamily family{"sluice_controlplane_" + name, std::move(help), MetricType::Counter, {}};
  family.metric.emplace_back().counter.value = static_cast<double>(value);
  return family;
}

MetricFamily Histogram(const std::string& name, std::string help,
                       const publish::LatencyHistogram& bins) {
  MetricFamily family{"sluice_controlplane_" + name, std::move(help), MetricType::Histogram, {}};
  ClientMetric::Histogram& histogram = family.metric.emplace_back().histogram;
  for (size_t i = 0; i <= publish::LatencyHistogram::kEnds.size(); ++i) {
    histogram.sample_count += bins.bin(i);
    const bool beyond = i == publish::LatencyHistogram::kEnds.size();
    ClientMetric::Bucket bucket;
    bucket.cumulative_count = histogram.sample_count;
    bucket.upper_bound =
        beyond ? std::numeric_limits<double>::infinity() : publish::LatencyHistogram::kEnds[i];
    histogram.bucket.push_back(bucket);
  }
  histogram.sample_sum = bins.seconds();
  return family;
}

}  // namespace

std::string ControlMetrics::Text() const {
  Families families;
  AddConfiguration(&families);
  AddFleet(&families);
  AddRpcs(&families);
  AddUsage(&families);
  AddBudgets(&families);
  AddClientKeys(&families);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

void ControlMetrics::AddConfiguration(Families* families) const {
  const publish::HeadPtr head = hub_.publisher().Current();
  const int64_t revision = head == nullptr ? 0 : head->revision;
  const publish::NodeRegistry::Totals totals = hub_.registry().Count(revision);
  families->push_back(Gauge("revision", "Newest published revision.", revision));
  families->push_back(Gauge("snapshot_bytes", "Size of the newest configuration, serialised.",
                            static_cast<double>(hub_.publisher().CurrentBytes())));
  families->push_back(Gauge("nodes_connected", "Connected data planes.", totals.connected));
  families->push_back(Gauge(
      "nodes_current", "Connected data planes that serve the newest revision.", totals.current));
  families->push_back(Gauge(
      "nodes_refusing", "Connected data planes whose last answer was a refusal.", totals.refusing));
}

void ControlMetrics::AddFleet(Families* families) const {
  const publish::FleetCounters& counters = hub_.counters();
  families->push_back(Counter("snapshots_sent_total", "Snapshots begun.", counters.snapshots_sent));
  families->push_back(Counter("snapshot_bytes_sent_total", "Bytes of snapshots handed out.",
                              counters.snapshot_bytes_sent));
  families->push_back(Counter("deltas_sent_total", "Deltas sent.", counters.deltas_sent));
  families->push_back(
      Counter("delta_bytes_sent_total", "Bytes of deltas sent.", counters.delta_bytes_sent));
  families->push_back(Counter("up_to_date_sent_total",
                              "Nodes that connected with the newest revision.",
                              counters.up_to_date_sent));
  families->push_back(Histogram("push_seconds",
                                "From the begin of sending a revision to a node to its "
                                "acknowledgement.",
                                counters.pushes));
  families->push_back(Counter("acks_total", "Revisions acknowledged by nodes.", counters.acks));
  families->push_back(Counter("nacks_total", "Revisions refused by nodes.", counters.nacks));
  families->push_back(Counter("hash_mismatches_total",
                              "Answers of nodes that came to another hash than the announced.",
                              counters.hash_mismatches));
  families->push_back(Counter("replaced_connections_total",
                              "Connections ended because their node connected again.",
                              counters.replaced_connections));
  families->push_back(Counter("refused_connections_total",
                              "Connections of nodes refused for a token or a message.",
                              counters.refused_connections));
  families->push_back(Counter("put_off_connections_total",
                              "Connections ended because too many snapshots were being sent.",
                              counters.put_off_connections));
  families->push_back(Counter("stalled_connections_total",
                              "Connections ended because the node was silent or took nothing.",
                              counters.stalled_connections));
  const publish::TailHub::State tails = hub_.tails().state();
  families->push_back(Gauge("tail_watches", "Callers who watch requests live; at most 16.",
                            static_cast<double>(tails.watches)));
  families->push_back(
      Counter("tail_lines_total", "Requests handed to callers who watch live.", tails.lines));
  families->push_back(Counter("tail_left_out_total",
                              "Requests that were watched live and that nodes left out.",
                              tails.left_out));
}

void ControlMetrics::AddRpcs(Families* families) const {
  MetricFamily rpcs{"sluice_controlplane_rpcs_total",
                    "Finished calls of the admin API.",
                    MetricType::Counter,
                    {}};
  uint64_t writes = 0;
  uint64_t refused_writes = 0;
  uint64_t denied = 0;
  for (const auto& [key, count] : rpcs_.Counts()) {
    ClientMetric& metric = rpcs.metric.emplace_back();
    metric.label = {{"method", key.first.substr(1)}, {"code", std::string(CodeName(key.second))}};
    metric.counter.value = static_cast<double>(count);
    const bool was_denied = key.second == grpc::StatusCode::PERMISSION_DENIED ||
                            key.second == grpc::StatusCode::UNAUTHENTICATED;
    if (was_denied) denied += count;
    const access::RpcRule* rule = access::FindRpcRule(key.first);
    if (rule == nullptr || !rule->writes) continue;
    (key.second == grpc::StatusCode::OK ? writes : refused_writes) += count;
  }
  families->push_back(std::move(rpcs));
  families->push_back(Counter("writes_total", "Writing calls that succeeded.", writes));
  families->push_back(
      Histogram("write_seconds", "What writing calls take, the commit included.", rpcs_.writes()));
  families->push_back(Counter("refused_writes_total", "Writing calls that were refused or failed.",
                              refused_writes));
  families->push_back(Counter(
      "denied_calls_total", "Calls of the admin API without the token or role they take.", denied));
  families->push_back(Gauge("calls_waiting", "Calls that wait for a work thread.",
                            static_cast<double>(threads_.waiting())));
}

void ControlMetrics::AddBudgets(Families* families) const {
  using admin::v1::BudgetState;
  constexpr std::array<std::pair<const char*, BudgetState::State>, 3> kStates = {
      {{"within", BudgetState::WITHIN},
       {"warned", BudgetState::WARNED},
       {"exceeded", BudgetState::EXCEEDED}}};
  MetricFamily family{"sluice_controlplane_budgets",
                      "Budgets of client keys that were used in their period, by how far they are.",
                      MetricType::Gauge,
                      {}};
  for (const auto& [name, state] : kStates) {
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = {{"state", name}};
    metric.gauge.value = static_cast<double>(budgets_.count(state, hub_.clock().Now()));
  }
  families->push_back(std::move(family));
}

// Of the few that use most, so that there are never many series.
void ControlMetrics::AddClientKeys(Families* families) const {
  using admin::v1::Activity;
  const admin::v1::GetActivityResponse now = hub_.activity().Read(kTopSeconds, hub_.clock().Now());
  std::vector<const Activity*> keys;
  for (const Activity& key : now.client_keys()) keys.push_back(&key);
  std::sort(keys.begin(), keys.end(), [](const Activity* a, const Activity* b) {
    return std::pair(a->cost_nanos(), a->tokens()) > std::pair(b->cost_nanos(), b->tokens());
  });
  if (keys.size() > kTopKeys) keys.resize(kTopKeys);
  MetricFamily cost{"sluice_controlplane_client_key_cost_usd_per_hour",
                    "What the client keys that cost most have cost lately, as far as it is known.",
                    MetricType::Gauge,
                    {}};
  MetricFamily tokens{"sluice_controlplane_client_key_tokens_per_second",
                      "Tokens in and out of the same client keys.",
                      MetricType::Gauge,
                      {}};
  const double seconds = std::max(1, now.seconds());
  for (const Activity* key : keys) {
    ClientMetric metric;
    metric.label = {{"client_key", key->name()}};
    metric.gauge.value = static_cast<double>(key->cost_nanos()) / kNanos * kHourSeconds / seconds;
    cost.metric.push_back(metric);
    metric.gauge.value = static_cast<double>(key->tokens()) / seconds;
    tokens.metric.push_back(metric);
  }
  families->push_back(std::move(cost));
  families->push_back(std::move(tokens));
}

void ControlMetrics::AddUsage(Families* families) const {
  families->push_back(
      Counter("usage_batches_total", "Batches of usage records stored.", usage_.batches));
  families->push_back(Counter("usage_records_total", "Usage records stored.", usage_.records));
  families->push_back(Counter("usage_duplicate_records_total",
                              "Usage records that came again after they were stored.",
                              usage_.duplicates));
  families->push_back(
      Counter("usage_gaps_total", "Batches before which usage records were missing.", usage_.gaps));
  families->push_back(Counter("usage_lost_records_total",
                              "Usage records that nodes numbered and never told.", usage_.lost));
  families->push_back(Counter("usage_folded_requests_total",
                              "Requests that the sums count under _others.", usage_.folded));
  families->push_back(Counter("usage_failures_total",
                              "Tries to write the usage database that failed.", usage_.failures));
  families->push_back(Gauge("usage_batches_waiting", "Batches of usage records not yet stored.",
                            static_cast<double>(hub_.usage_inbox().waiting())));
  const int64_t newest = usage_.newest;
  if (newest == 0) return;
  const absl::Duration age = hub_.clock().Now() - absl::FromUnixMicros(newest);
  families->push_back(Gauge("usage_newest_age_seconds", "Since the newest usage record ended.",
                            absl::ToDoubleSeconds(age)));
}

}  // namespace sluice::service
