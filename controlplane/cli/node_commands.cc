// `sluicectl node`: the data planes, and what each of them serves.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"
#include "google/protobuf/util/message_differencer.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::ListNodesResponse;
using admin::v1::Node;
using admin::v1::NodeService;

std::string RevisionText(const Node& node, int64_t newest) {
  if (node.acked_revision() >= newest) return base::Cat(node.acked_revision());
  return base::Cat(node.acked_revision(), " of ", newest);
}

std::string RefusedText(const Node& node) {
  // A refusal that a later revision has mended is past.
  if (node.refusals().empty() || node.refused_revision() < node.acked_revision()) return "";
  return base::Cat("revision ", node.refused_revision(), ": ",
                   absl::StrJoin(node.refusals(), "; "));
}

std::string ServingText(const Node& node) {
  return node.serving() == "last_known_good" ? "last known good" : node.serving();
}

void PrintNodes(const ListNodesResponse& response, absl::Time now, std::ostream& out) {
  Table table({"NODE", "STATE", "REVISION", "SERVING", "SEEN", "REFUSED"});
  for (const Node& node : response.nodes()) {
    table.AddRow({node.id(), node.connected() ? "connected" : "gone",
                  RevisionText(node, response.revision()), ServingText(node),
                  node.has_last_seen() ? RelativeText(FromProto(node.last_seen()), now) : "",
                  RefusedText(node)});
  }
  table.Print(out);
}

absl::Status FetchNodes(Session& session, ListNodesResponse* response) {
  return session.Call(&NodeService::Stub::ListNodes, admin::v1::ListNodesRequest(), response);
}

absl::Status ListNodes(Session& session) {
  ListNodesResponse response;
  const absl::Status called = FetchNodes(session, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    PrintNodes(response, session.now(), out);
    if (response.nodes().empty()) session.Note("no node has connected yet");
  });
}

absl::Status GetNode(Session& session, const std::string& id) {
  admin::v1::GetNodeRequest request;
  request.set_id(id);
  Node node;
  const absl::Status called = session.Call(&NodeService::Stub::GetNode, request, &node);
  if (!called.ok()) return called;
  return session.Print(node, [&](std::ostream& out) { session.PrintFields(node, out); });
}

struct AcceptOptions {
  std::vector<std::string> nodes;
  bool all = false;
};

absl::Status AcceptDivergence(Session& session, const AcceptOptions& options) {
  if (options.all == !options.nodes.empty()) {
    return absl::InvalidArgumentError("name nodes, or say --all");
  }
  admin::v1::AcceptDivergenceRequest request;
  for (const std::string& node : options.nodes) request.add_nodes(node);
  request.set_all(options.all);
  admin::v1::AcceptDivergenceResponse response;
  const absl::Status called =
      session.Call(&NodeService::Stub::AcceptDivergence, request, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    for (const std::string& node : response.nodes()) {
      out << "node " << Printable(node) << " told to take the newest revision\n";
    }
    if (response.nodes().empty()) out << "no connected node refuses anything\n";
  });
}

// What changes all the time is no news in a log of changes.
ListNodesResponse WithoutCounters(ListNodesResponse response) {
  for (Node& node : *response.mutable_nodes()) {
    node.clear_last_seen();
    node.clear_in_flight();
    node.clear_requests();
  }
  return response;
}

absl::Status WatchNodes(Session& session, const std::string& interval_text) {
  const absl::StatusOr<absl::Duration> interval = ParseDuration(interval_text);
  if (!interval.ok()) return interval.status();
  const bool redraw = session.terminal().out_is_tty && session.output() == OutputFormat::kTable;
  ListNodesResponse shown;
  bool first = true;
  do {
    ListNodesResponse response;
    const absl::Status called = FetchNodes(session, &response);
    if (!called.ok()) return called;
    ListNodesResponse stable = WithoutCounters(response);
    const bool same = google::protobuf::util::MessageDifferencer::Equals(stable, shown);
    if (!first && same && !redraw) continue;
    const absl::Status printed = session.PrintNext(response, [&](std::ostream& out) {
      constexpr std::string_view kClearScreen = "\x1b[H\x1b[2J";
      if (redraw) out << kClearScreen;
      if (!redraw) out << (first ? "" : "\n") << TimeText(session.now()) << '\n';
      PrintNodes(response, session.now(), out);
    });
    if (!printed.ok()) return printed;
    shown = std::move(stable);
    first = false;
  } while (session.terminal().pause(*interval));
  return absl::OkStatus();
}

}  // namespace

void AddNodeCommands(CommandList& commands) {
  CLI::App* group = commands.AddGroup("node", "The data planes and what each of them serves.");
  commands.Add(group, "list", "List the nodes: what they serve and refused.", "sluicectl node list",
               ListNodes);
  const auto id = std::make_shared<std::string>();
  CLI::App* get = commands.Add(group, "get", "Show one node.", "sluicectl node get eu-3",
                               [id](Session& session) { return GetNode(session, *id); });
  get->add_option("NODE", *id, "Its id")->required()->option_text(" ");
  const auto accept = std::make_shared<AcceptOptions>();
  CLI::App* accept_command =
      commands.Add(group, "accept", "Make nodes take what they refuse as a divergence.",
                   "sluicectl node accept eu-3\nsluicectl node accept --all",
                   [accept](Session& session) { return AcceptDivergence(session, *accept); });
  accept_command->add_option("NODE", accept->nodes, "Their ids")->option_text("...");
  accept_command->add_flag("--all", accept->all, "All that are connected and refuse");
  const auto interval = std::make_shared<std::string>("1s");
  CLI::App* watch =
      commands.Add(group, "watch", "Show the nodes again on every change.",
                   "sluicectl node watch\nsluicectl node watch -o json | jq .revision",
                   [interval](Session& session) { return WatchNodes(session, *interval); });
  watch->add_option("--interval", *interval, "How often to look (default 1s)")
      ->option_text("DURATION")
      ->check(PositiveDuration());
}

}  // namespace sluice::cli
