// MakeTopView and TopJson; TopText is in top_text.cc.
#include "controlplane/cli/top_view.h"

#include <algorithm>
#include <map>

#include "controlplane/cli/duration_text.h"

namespace sluice::cli {
namespace {

using admin::v1::Activity;
using admin::v1::GetActivityResponse;
using admin::v1::ListNodesResponse;
using admin::v1::ListProviderKeysResponse;
using admin::v1::Node;
using Json = nlohmann::ordered_json;

constexpr double kNanos = 1e9;
constexpr double kHourSeconds = 3600;

// What counts as the latency of a kind of rows.
using Latency = int64_t (Activity::*)() const;

int64_t MeasureOf(const Activity& activity, TopSort sort, Latency latency) {
  switch (sort) {
    case TopSort::kRequests:
      break;
    case TopSort::kFailed:
      return activity.failed();
    case TopSort::kLatency:
      return (activity.*latency)();
    case TopSort::kCost:
      return activity.cost_nanos();
  }
  return activity.requests();
}

template <typename Row, typename ActivityOf>
void SortRows(std::vector<Row>* rows, TopSort sort, Latency latency, ActivityOf activity_of) {
  std::stable_sort(rows->begin(), rows->end(), [&](const Row& one, const Row& other) {
    return MeasureOf(activity_of(one), sort, latency) >
           MeasureOf(activity_of(other), sort, latency);
  });
}

const char* StateOf(const Node& node) {
  if (node.has_expelled_at()) return "expelled";
  if (!node.connected()) return "gone";
  return node.draining() ? "draining" : "connected";
}

void AddNodes(const GetActivityResponse& activity, const ListNodesResponse& nodes, TopView* view) {
  std::map<std::string, Activity> told;
  for (const Activity& one : activity.nodes()) told[one.name()] = one;
  for (const Node& node : nodes.nodes()) {
    const auto found = told.find(node.id());
    if (node.has_expelled_at() && found == told.end()) continue;
    TopNode row{.id = node.id(),
                .state = StateOf(node),
                .revision = node.acked_revision(),
                .behind = std::max<int64_t>(0, nodes.revision() - node.acked_revision()),
                .activity = {}};
    if (node.connected()) {
      ++view->connected;
      view->behind += row.behind > 0 ? 1 : 0;
    }
    if (found != told.end()) {
      row.activity = found->second;
      told.erase(found);
    }
    view->nodes.push_back(std::move(row));
  }
  for (auto& [id, one] : told) {
    view->nodes.push_back({.id = id, .state = "unknown", .activity = std::move(one)});
  }
}

void AddProviders(const GetActivityResponse& activity, const ListProviderKeysResponse& keys,
                  TopView* view) {
  std::map<std::string, TopProvider> rows;
  for (const Activity& one : activity.providers()) rows[one.name()].activity = one;
  for (const config::v1::ProviderKey& key : keys.provider_keys()) {
    TopProvider& row = rows[key.provider()];
    row.activity.set_name(key.provider());
    ++row.keys;
    const auto health = keys.health().find(key.id());
    const bool healthy = health == keys.health().end() || health->second.state().empty() ||
                         health->second.state() == "healthy";
    const bool enabled = !key.has_enabled() || key.enabled();
    row.healthy_keys += healthy && enabled ? 1 : 0;
  }
  for (auto& [name, row] : rows) view->providers.push_back(std::move(row));
}

double PerSecond(int64_t count, int seconds) {
  return static_cast<double>(count) / std::max(1, seconds);
}

void Fill(const Activity& activity, int seconds, Json* out) {
  const auto requests = static_cast<double>(activity.requests());
  const double dollars = static_cast<double>(activity.cost_nanos()) / kNanos;
  (*out)["requests"] = activity.requests();
  (*out)["requests_per_second"] = PerSecond(activity.requests(), seconds);
  (*out)["failed"] = activity.failed();
  (*out)["failed_percent"] =
      activity.requests() == 0 ? 0.0 : 100.0 * static_cast<double>(activity.failed()) / requests;
  (*out)["failed_upstream"] = activity.failed_upstream();
  (*out)["refused"] = activity.refused();
  (*out)["tokens"] = activity.tokens();
  (*out)["tokens_per_second"] = PerSecond(activity.tokens(), seconds);
  (*out)["cost_usd"] = dollars;
  (*out)["cost_usd_per_hour"] = dollars * kHourSeconds / std::max(1, seconds);
  (*out)["unpriced_requests"] = activity.unpriced_requests();
  (*out)["bytes_down"] = activity.bytes_down();
  (*out)["first_byte_p50_us"] = activity.first_byte_p50_us();
  (*out)["first_byte_p95_us"] = activity.first_byte_p95_us();
  (*out)["duration_p50_us"] = activity.duration_p50_us();
  (*out)["duration_p95_us"] = activity.duration_p95_us();
}

}  // namespace

TopView MakeTopView(const GetActivityResponse& activity, const ListNodesResponse& nodes,
                    const ListProviderKeysResponse& keys, TopSort sort) {
  TopView view;
  view.until = FromProto(activity.until());
  view.seconds = activity.seconds();
  view.revision = nodes.revision();
  view.total = activity.total();
  AddNodes(activity, nodes, &view);
  AddProviders(activity, keys, &view);
  view.client_keys.assign(activity.client_keys().begin(), activity.client_keys().end());
  SortRows(&view.nodes, sort, &Activity::duration_p95_us,
           [](const TopNode& row) -> const Activity& { return row.activity; });
  SortRows(&view.providers, sort, &Activity::first_byte_p95_us,
           [](const TopProvider& row) -> const Activity& { return row.activity; });
  SortRows(&view.client_keys, sort, &Activity::duration_p95_us,
           [](const Activity& row) -> const Activity& { return row; });
  return view;
}

Json TopJson(const TopView& view) {
  Json out;
  out["time"] = TimeText(view.until);
  out["seconds"] = view.seconds;
  out["revision"] = view.revision;
  out["nodes_connected"] = view.connected;
  out["nodes_behind"] = view.behind;
  out["total"] = Json::object();
  Fill(view.total, view.seconds, &out["total"]);
  for (const char* list : {"nodes", "providers", "client_keys"}) out[list] = Json::array();
  for (const TopNode& row : view.nodes) {
    Json one = {
        {"node", row.id}, {"state", row.state}, {"revision", row.revision}, {"behind", row.behind}};
    Fill(row.activity, view.seconds, &one);
    out["nodes"].push_back(std::move(one));
  }
  for (const TopProvider& row : view.providers) {
    Json one = {
        {"provider", row.activity.name()}, {"keys", row.keys}, {"keys_healthy", row.healthy_keys}};
    Fill(row.activity, view.seconds, &one);
    out["providers"].push_back(std::move(one));
  }
  for (const Activity& row : view.client_keys) {
    Json one = {{"client_key_id", row.name()}, {"client_key_name", row.client_key_name()}};
    Fill(row, view.seconds, &one);
    out["client_keys"].push_back(std::move(one));
  }
  return out;
}

}  // namespace sluice::cli
