#include "controlplane/service/control_metrics.h"

#include <prometheus/text_serializer.h>

#include <sstream>

#include "controlplane/access/rpc_rules.h"

namespace sluice::service {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

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

}  // namespace

std::string ControlMetrics::Text() const {
  Families families;
  AddConfiguration(&families);
  AddFleet(&families);
  AddRpcs(&families);
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
  families->push_back(Counter("refused_writes_total", "Writing calls that were refused or failed.",
                              refused_writes));
  families->push_back(Counter(
      "denied_calls_total", "Calls of the admin API without the token or role they take.", denied));
  families->push_back(Gauge("calls_waiting", "Calls that wait for a work thread.",
                            static_cast<double>(threads_.waiting())));
}

}  // namespace sluice::service
