// `sluicectl key`: the keys that Sluice issues to applications.
#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include "controlplane/cli/client_key_writes.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/table.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::ClientKeyService;
using config::v1::ClientKey;

std::string StateOf(const ClientKey& key, absl::Time now) {
  if (key.has_revoked_at()) return "revoked";
  if (key.has_expires_at() && FromProto(key.expires_at()) <= now) return "expired";
  if (!key.replaced_by().empty()) return "replaced";
  return !key.has_enabled() || key.enabled() ? "active" : "disabled";
}

std::string LastUseText(const admin::v1::ListClientKeysResponse& response, const ClientKey& key,
                        absl::Time now) {
  const auto used = response.last_used_at().find(key.id());
  if (used == response.last_used_at().end()) return "never";
  return RelativeText(FromProto(used->second), now);
}

absl::Status ListKeys(Session& session, bool include_revoked) {
  admin::v1::ListClientKeysRequest request;
  request.set_include_revoked(include_revoked);
  admin::v1::ListClientKeysResponse response;
  const absl::Status called =
      session.Call(&ClientKeyService::Stub::ListClientKeys, request, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"NAME", "ID", "STATE", "EXPIRES", "LAST USED", "PROVIDERS"});
    for (const ClientKey& key : response.client_keys()) {
      table.AddRow({key.name(), key.id(), StateOf(key, session.now()),
                    key.has_expires_at() ? TimeText(FromProto(key.expires_at())) : "never",
                    LastUseText(response, key, session.now()),
                    key.providers().empty() ? "all" : absl::StrJoin(key.providers(), ", ")});
    }
    table.Print(out);
    if (response.client_keys().empty()) {
      session.Note("there is no client key; sluicectl key create --name N makes one");
    }
  });
}

absl::Status GetKey(Session& session, const std::string& key) {
  admin::v1::GetClientKeyRequest request;
  request.set_key(key);
  ClientKey client_key;
  const absl::Status called =
      session.Call(&ClientKeyService::Stub::GetClientKey, request, &client_key);
  if (!called.ok()) return called;
  return session.Print(client_key,
                       [&](std::ostream& out) { session.PrintFields(client_key, out); });
}

}  // namespace

void AddClientKeyCommands(CommandList& commands) {
  CLI::App* group = commands.AddGroup("key", "The client keys that applications hold.");
  AddClientKeyCreate(commands, group);
  const auto include_revoked = std::make_shared<bool>(false);
  CLI::App* list = commands.Add(
      group, "list", "List the client keys, without their secrets.", "sluicectl key list --all",
      [include_revoked](Session& session) { return ListKeys(session, *include_revoked); });
  list->add_flag("--all", *include_revoked, "Revoked keys too");
  const auto key = std::make_shared<std::string>();
  CLI::App* get = commands.Add(group, "get", "Show one client key.", "sluicectl key get web",
                               [key](Session& session) { return GetKey(session, *key); });
  get->add_option("KEY", *key, "Its name or id")->required()->option_text(" ");
  AddClientKeyUpdate(commands, group);
  AddClientKeyRevoke(commands, group);
  AddClientKeyRotate(commands, group);
}

}  // namespace sluice::cli
