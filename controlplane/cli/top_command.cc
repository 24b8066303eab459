// `sluicectl top`: what the fleet does now.
#include <memory>
#include <string>

#include "controlplane/cli/groups.h"
#include "controlplane/cli/json_value.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/screen.h"
#include "controlplane/cli/top_view.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kRefresh = absl::Seconds(2);

struct TopOptions {
  bool once = false;
  int32_t seconds = 60;
  std::string sort = "requests";
};

TopSort SortOf(const std::string& name) {
  if (name == "failed") return TopSort::kFailed;
  if (name == "latency") return TopSort::kLatency;
  return name == "cost" ? TopSort::kCost : TopSort::kRequests;
}

absl::StatusOr<TopView> Look(Session& session, const TopOptions& options) {
  admin::v1::GetActivityRequest request;
  request.set_seconds(options.seconds);
  admin::v1::GetActivityResponse activity;
  absl::Status called =
      session.Call(&admin::v1::UsageService::Stub::GetActivity, request, &activity);
  if (!called.ok()) return called;
  admin::v1::ListNodesResponse nodes;
  called =
      session.Call(&admin::v1::NodeService::Stub::ListNodes, admin::v1::ListNodesRequest(), &nodes);
  if (!called.ok()) return called;
  admin::v1::ListProviderKeysResponse keys;
  called = session.Call(&admin::v1::ProviderKeyService::Stub::ListProviderKeys,
                        admin::v1::ListProviderKeysRequest(), &keys);
  if (!called.ok()) return called;
  return MakeTopView(activity, nodes, keys, SortOf(options.sort));
}

absl::Status ShowOnce(Session& session, const TopOptions& options) {
  const auto view = Look(session, options);
  if (!view.ok()) return view.status();
  switch (session.output()) {
    case OutputFormat::kJson:
      return session.PrintText(JsonText(TopJson(*view), JsonStyle::kPretty));
    case OutputFormat::kYaml:
      return session.PrintText(YamlText(TopJson(*view)));
    default:
      return session.PrintText(TopText(*view, 0));
  }
}

absl::Status Watch(Session& session, const TopOptions& options) {
  Screen screen(session.terminal());
  do {
    const auto view = Look(session, options);
    if (!view.ok()) return view.status();
    const absl::Status drawn = screen.Draw(TopText(*view, screen.height()));
    if (!drawn.ok()) return drawn;
  } while (screen.Wait(kRefresh));
  return absl::OkStatus();
}

absl::Status ShowTop(Session& session, const TopOptions& options) {
  const bool watched =
      !options.once && session.terminal().out_is_tty && session.output() == OutputFormat::kTable;
  return watched ? Watch(session, options) : ShowOnce(session, options);
}

}  // namespace

void AddTopCommand(CommandList& commands) {
  const auto options = std::make_shared<TopOptions>();
  CLI::App* top = commands.Add(nullptr, "top", "Show what the fleet does now: q ends it.",
                               "sluicectl top --sort cost\n"
                               "sluicectl top --once -o json | jq .total.requests_per_second",
                               [options](Session& session) { return ShowTop(session, *options); });
  top->add_flag("--once", options->once, "Once, and all of it; so it is without a terminal");
  top->add_option("--seconds", options->seconds, "Of the last so many (default 60)")
      ->option_text("N")
      ->check(NumberBetween(1, 300));
  top->add_option("--sort", options->sort, "What comes first (default requests)")
      ->option_text("requests|failed|latency|cost")
      ->check(OneOf({"requests", "failed", "latency", "cost"}));
}

}  // namespace sluice::cli
