#include "controlplane/cli/node_table.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

using admin::v1::Node;

std::string StateText(const Node& node, absl::Time now) {
  if (node.has_expelled_at()) return "expelled";
  if (!node.connected()) {
    return node.has_last_seen() ? base::Cat("gone ", RelativeText(FromProto(node.last_seen()), now))
                                : "gone";
  }
  const std::string state = node.draining() ? "draining" : "connected";
  return node.canary() ? state + ", canary" : state;
}

std::string LagText(const Node& node, int64_t newest) {
  return base::Cat(std::max<int64_t>(0, newest - node.acked_revision()));
}

std::string ServingText(const Node& node) {
  return node.serving() == "last_known_good" ? "last known good" : node.serving();
}

std::string RateText(double per_second) {
  return fmt::format("{:.{}f}", per_second, per_second < 100 ? 1 : 0);
}

std::string RefusedText(const Node& node) {
  // A refusal that a later revision has mended is past.
  if (node.refusals().empty() || node.refused_revision() < node.acked_revision()) return "";
  return base::Cat("revision ", node.refused_revision(), ": ",
                   absl::StrJoin(node.refusals(), "; "));
}

std::string LabelsText(const Node& node) {
  const std::map<std::string, std::string> sorted(node.labels().begin(), node.labels().end());
  return absl::StrJoin(sorted, ",", absl::PairFormatter("="));
}

std::string SinceText(const Node& node, absl::Time now) {
  if (!node.connected() || !node.has_connected_since()) return "";
  return RelativeText(FromProto(node.connected_since()), now);
}

}  // namespace

void PrintNodes(const admin::v1::ListNodesResponse& response, absl::Time now, bool wide,
                std::ostream& out) {
  std::vector<std::string> header = {"NODE",    "STATE",   "REVISION", "LAG",
                                     "SERVING", "STREAMS", "REQ/S"};
  if (wide) {
    for (const char* column : {"RUNNING", "ERRORS", "SINCE", "BUILD", "ADDRESS", "LABELS"}) {
      header.emplace_back(column);
    }
  }
  header.emplace_back("REFUSED");
  Table table(std::move(header));
  for (const Node& node : response.nodes()) {
    std::vector<std::string> row = {node.id(),
                                    StateText(node, now),
                                    base::Cat(node.acked_revision()),
                                    LagText(node, response.revision()),
                                    ServingText(node),
                                    base::Cat(node.open_streams()),
                                    RateText(node.requests_per_second())};
    if (wide) {
      row.insert(row.end(), {base::Cat(node.in_flight()), base::Cat(node.errors()),
                             SinceText(node, now), node.build(), node.address(), LabelsText(node)});
    }
    row.push_back(RefusedText(node));
    table.AddRow(std::move(row));
  }
  table.Print(out);
}

}  // namespace sluice::cli
