// `sluicectl admin`: the tokens of administrators and their programs.
#include <memory>
#include <string>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::AdminToken;
using admin::v1::AdminTokenService;

absl::Status ListTokens(Session& session) {
  admin::v1::ListAdminTokensResponse response;
  const absl::Status called = session.Call(&AdminTokenService::Stub::ListAdminTokens,
                                           admin::v1::ListAdminTokensRequest(), &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"NAME", "ID", "ROLE", "CREATED", "EXPIRES"});
    for (const AdminToken& token : response.tokens()) {
      table.AddRow({token.name(), token.id(), token.role(), TimeText(FromProto(token.created_at())),
                    token.has_expires_at()
                        ? TimeWithRelativeText(FromProto(token.expires_at()), session.now())
                        : "never"});
    }
    table.Print(out);
  });
}

struct CreateOptions {
  std::string name;
  std::string role;
  std::string expires;
};

// The token alone on standard output: sluicectl admin create ... > file works.
absl::Status CreateToken(Session& session, const CreateOptions& options) {
  admin::v1::CreateAdminTokenRequest request;
  request.set_name(options.name);
  request.set_role(options.role);
  if (!options.expires.empty()) {
    const absl::StatusOr<absl::Duration> expires = ParseDuration(options.expires);
    if (!expires.ok()) return expires.status();
    *request.mutable_expires_in() = ToProto(*expires);
  }
  admin::v1::CreateAdminTokenResponse response;
  const absl::Status called =
      session.Call(&AdminTokenService::Stub::CreateAdminToken, request, &response);
  if (!called.ok()) return called;
  const absl::Status printed = session.Print(response, [&](std::ostream& out) {
    const AdminToken& token = response.token();
    session.Note(base::Cat(
        "admin token ", Printable(token.name()), " (id ", Printable(token.id()), ", ",
        Printable(token.role()), ") created",
        token.has_expires_at()
            ? base::Cat(", until ",
                        TimeWithRelativeText(FromProto(token.expires_at()), session.now()))
            : "",
        ".\nThis is the token. It is shown this once and stored nowhere:\n"));
    out << response.text() << std::endl;
    session.Note("");
  });
  base::Wipe(response.mutable_text()->data(), response.text().size());
  return printed;
}

absl::Status RevokeToken(Session& session, const std::string& token) {
  admin::v1::RevokeAdminTokenRequest request;
  request.set_token(token);
  admin::v1::RevokeAdminTokenResponse response;
  const absl::Status called =
      session.Call(&AdminTokenService::Stub::RevokeAdminToken, request, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    out << "admin token " << Printable(response.token().name())
        << " revoked; it is refused from the next call on\n";
  });
}

}  // namespace

void AddAdminCommands(CommandList& commands) {
  CLI::App* group = commands.AddGroup("admin", "Who may administrate: tokens with roles.");
  commands.Add(group, "list", "List the admin tokens; revoked ones are gone.",
               "sluicectl admin list", ListTokens);
  const auto create = std::make_shared<CreateOptions>();
  CLI::App* create_command =
      commands.Add(group, "create", "Make an admin token; it is shown once.",
                   "sluicectl admin create --name ci --role operator --expires 90d\n"
                   "sluicectl admin create --name grafana --role viewer > viewer.token",
                   [create](Session& session) { return CreateToken(session, *create); });
  create_command->add_option("--name", create->name, "Whose it is, e.g. ci")
      ->required()
      ->option_text("NAME (required)");
  create_command
      ->add_option("--role", create->role,
                   "viewer sees everything but secrets; operator also\n"
                   "changes the configuration and moves nodes; owner\n"
                   "does everything")
      ->required()
      ->check(OneOf({"viewer", "operator", "owner"}))
      ->option_text("ROLE (required)");
  create_command->add_option("--expires", create->expires, "From now: 12h, 90d (default never)")
      ->option_text("DURATION")
      ->check(PositiveDuration());
  const auto token = std::make_shared<std::string>();
  CLI::App* revoke = commands.Add(
      group, "revoke", "Refuse an admin token from now on, for good.", "sluicectl admin revoke ci",
      [token](Session& session) { return RevokeToken(session, *token); });
  revoke->add_option("TOKEN", *token, "Its name or id")->required()->option_text(" ");
}

}  // namespace sluice::cli
