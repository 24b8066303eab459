// `sluicectl provider-key list` and `get`: what there is, and how it does across the fleet.
#include "controlplane/cli/provider_key_views.h"

#include <memory>
#include <string>

#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/table.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::ListProviderKeysResponse;
using admin::v1::ProviderKeyHealth;
using admin::v1::ProviderKeyService;
using config::v1::ProviderKey;

const ProviderKeyHealth& HealthOf(const ListProviderKeysResponse& response,
                                  const ProviderKey& key) {
  const auto found = response.health().find(key.id());
  return found == response.health().end() ? ProviderKeyHealth::default_instance() : found->second;
}

std::string StateOf(const ProviderKey& key, const ProviderKeyHealth& health) {
  if (key.has_enabled() && !key.enabled()) return "disabled";
  return health.state().empty() ? "healthy" : health.state();
}

// Of a healthy key nothing is to be told.
template <typename Health>
std::string UntilOf(const Health& health, absl::Time now) {
  if (!health.has_until()) return "";
  const absl::Time until = FromProto(health.until());
  return until <= now ? "now" : RelativeText(until, now);
}

template <typename Health>
std::string ReasonOf(const Health& health) {
  return health.state() == "healthy" ? "" : health.reason();
}

absl::StatusOr<ListProviderKeysResponse> Fetch(Session& session, const std::string& provider) {
  admin::v1::ListProviderKeysRequest request;
  request.set_provider(provider);
  ListProviderKeysResponse response;
  const absl::Status called =
      session.Call(&ProviderKeyService::Stub::ListProviderKeys, request, &response);
  if (!called.ok()) return called;
  return response;
}

absl::Status ListKeys(Session& session, const std::string& provider) {
  const auto response = Fetch(session, provider);
  if (!response.ok()) return response.status();
  return session.Print(*response, [&](std::ostream& out) {
    Table table({"PROVIDER", "NAME", "ID", "WEIGHT", "STATE", "UNTIL", "REASON"});
    for (const ProviderKey& key : response->provider_keys()) {
      const ProviderKeyHealth& health = HealthOf(*response, key);
      table.AddRow({key.provider(), key.name(), key.id(),
                    base::Cat(key.has_weight() ? key.weight() : 1), StateOf(key, health),
                    UntilOf(health, session.now()), ReasonOf(health)});
    }
    table.Print(out);
    if (response->provider_keys().empty()) {
      session.Note(
          "there is no provider key; sluicectl provider-key add --help shows how to add one");
    }
  });
}

void PrintNodes(const ProviderKeyHealth& health, absl::Time now, std::ostream& out) {
  if (health.nodes().empty()) return;
  out << '\n';
  Table table({"NODE", "STATE", "SINCE", "UNTIL", "REASON"});
  for (const auto& node : health.nodes()) {
    table.AddRow({node.node(), node.state(), RelativeText(FromProto(node.since()), now),
                  UntilOf(node, now), ReasonOf(node)});
  }
  table.Print(out);
}

absl::Status GetKey(Session& session, const std::string& provider, const std::string& name) {
  const auto listed = Fetch(session, provider);
  if (!listed.ok()) return listed.status();
  ListProviderKeysResponse one;
  one.set_revision(listed->revision());
  for (const ProviderKey& key : listed->provider_keys()) {
    if (key.name() != name && key.id() != name) continue;
    *one.add_provider_keys() = key;
    const auto health = listed->health().find(key.id());
    if (health != listed->health().end()) (*one.mutable_health())[key.id()] = health->second;
    break;
  }
  if (one.provider_keys().empty()) {
    return absl::NotFoundError(
        base::Cat("provider key \"", provider, "/", name, "\" does not exist"));
  }
  return session.Print(one, [&](std::ostream& out) {
    const ProviderKey& key = one.provider_keys(0);
    const ProviderKeyHealth& health = HealthOf(one, key);
    session.PrintFields(key, out);
    out << '\n';
    Table table({"STATE", "UNTIL", "REASON"});
    table.AddRow({StateOf(key, health), UntilOf(health, session.now()), ReasonOf(health)});
    table.Print(out);
    PrintNodes(health, session.now(), out);
  });
}

}  // namespace

void AddProviderKeyViews(CommandList& commands, CLI::App* group) {
  const auto provider = std::make_shared<std::string>();
  CLI::App* list = commands.Add(group, "list", "List the provider keys and how each does.",
                                "sluicectl provider-key list openai", [provider](Session& session) {
                                  return ListKeys(session, *provider);
                                });
  list->add_option("PROVIDER", *provider, "Only those of this provider")->option_text(" ");
  const auto of = std::make_shared<std::string>();
  const auto name = std::make_shared<std::string>();
  CLI::App* get =
      commands.Add(group, "get", "Show one key, and what each node says of it.",
                   "sluicectl provider-key get openai main",
                   [of, name](Session& session) { return GetKey(session, *of, *name); });
  get->add_option("PROVIDER", *of, "The provider")->required()->option_text(" ");
  get->add_option("NAME", *name, "The key's name")->required()->option_text(" ");
}

}  // namespace sluice::cli
