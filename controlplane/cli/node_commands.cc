// `sluicectl node`: the data planes, and what each of them serves.
#include <memory>
#include <string>
#include <vector>

#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/node_table.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"
#include "google/protobuf/util/message_differencer.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::ListNodesResponse;
using admin::v1::Node;
using admin::v1::NodeService;

absl::Status FetchNodes(Session& session, ListNodesResponse* response) {
  return session.Call(&NodeService::Stub::ListNodes, admin::v1::ListNodesRequest(), response);
}

absl::Status ListNodes(Session& session, bool wide) {
  ListNodesResponse response;
  const absl::Status called = FetchNodes(session, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    PrintNodes(response, session.now(), wide, out);
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

struct DrainOptions {
  std::string node;
  bool undo = false;
};

absl::Status DrainNode(Session& session, const DrainOptions& options) {
  admin::v1::DrainNodeRequest request;
  request.set_node(options.node);
  request.set_undo(options.undo);
  admin::v1::DrainNodeResponse response;
  const absl::Status called = session.Call(&NodeService::Stub::DrainNode, request, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    out << "node " << Printable(options.node)
        << (options.undo ? " told to be ready again\n"
                         : " told to drain: it is not ready from now on, and serves on\n");
  });
}

absl::Status ExpelNode(Session& session, const std::string& node) {
  admin::v1::ExpelNodeRequest request;
  request.set_node(node);
  admin::v1::ExpelNodeResponse response;
  const absl::Status called = session.Call(&NodeService::Stub::ExpelNode, request, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    out << "node " << Printable(node)
        << " expelled; it comes back only with a join token that is made from now on\n";
  });
}

// What changes all the time is no news in a log of changes.
ListNodesResponse WithoutCounters(ListNodesResponse response) {
  for (Node& node : *response.mutable_nodes()) {
    node.clear_last_seen();
    node.clear_in_flight();
    node.clear_open_streams();
    node.clear_requests();
    node.clear_requests_per_second();
    node.clear_errors();
    node.clear_rss_bytes();
  }
  return response;
}

struct WatchOptions {
  std::string interval = "1s";
  bool wide = false;
};

absl::Status WatchNodes(Session& session, const WatchOptions& options) {
  const absl::StatusOr<absl::Duration> interval = ParseDuration(options.interval);
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
      PrintNodes(response, session.now(), options.wide, out);
    });
    if (!printed.ok()) return printed;
    shown = std::move(stable);
    first = false;
  } while (session.terminal().pause(*interval));
  return absl::OkStatus();
}

void AddWide(CLI::App* command, bool* wide) {
  command->add_flag("--wide", *wide, "With labels, build, address and more");
}

}  // namespace

void AddNodeCommands(CommandList& commands) {
  CLI::App* group = commands.AddGroup("node", "The data planes and what each of them serves.");
  const auto wide = std::make_shared<bool>(false);
  CLI::App* list = commands.Add(group, "list", "List the nodes: what they serve and refused.",
                                "sluicectl node list\nsluicectl node list --wide",
                                [wide](Session& session) { return ListNodes(session, *wide); });
  AddWide(list, wide.get());
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
  const auto drain = std::make_shared<DrainOptions>();
  CLI::App* drain_command =
      commands.Add(group, "drain", "Take a node out of its load balancers, or back in.",
                   "sluicectl node drain eu-3\nsluicectl node drain eu-3 --undo",
                   [drain](Session& session) { return DrainNode(session, *drain); });
  drain_command->add_option("NODE", drain->node, "Its id")->required()->option_text(" ");
  drain_command->add_flag("--undo", drain->undo, "Make it ready again");
  const auto expelled = std::make_shared<std::string>();
  CLI::App* expel =
      commands.Add(group, "expel", "End a node's connection and certificates for good.",
                   "sluicectl node expel eu-3",
                   [expelled](Session& session) { return ExpelNode(session, *expelled); });
  expel->add_option("NODE", *expelled, "Its id")->required()->option_text(" ");
  AddSeedCommand(commands, group);
  const auto watch = std::make_shared<WatchOptions>();
  CLI::App* watch_command =
      commands.Add(group, "watch", "Show the nodes again on every change.",
                   "sluicectl node watch\nsluicectl node watch -o json | jq .revision",
                   [watch](Session& session) { return WatchNodes(session, *watch); });
  watch_command->add_option("--interval", watch->interval, "How often to look (default 1s)")
      ->option_text("DURATION")
      ->check(PositiveDuration());
  AddWide(watch_command, &watch->wide);
}

}  // namespace sluice::cli
