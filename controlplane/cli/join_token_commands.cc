// `sluicectl join-token`: what new data planes show at their first connection.
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

using admin::v1::CreateJoinTokenResponse;
using admin::v1::JoinToken;
using admin::v1::JoinTokenService;

std::string StateOf(const JoinToken& token, absl::Time now) {
  if (!token.used_by().empty()) return "used by " + token.used_by();
  if (token.has_expires_at() && FromProto(token.expires_at()) <= now) return "expired";
  return "good";
}

absl::Status ListTokens(Session& session) {
  admin::v1::ListJoinTokensResponse response;
  const absl::Status called = session.Call(&JoinTokenService::Stub::ListJoinTokens,
                                           admin::v1::ListJoinTokensRequest(), &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"NAME", "ID", "USES", "EXPIRES", "STATE"});
    for (const JoinToken& token : response.join_tokens()) {
      table.AddRow({token.name(), token.id(), token.single_use() ? "one" : "any",
                    token.has_expires_at() ? TimeText(FromProto(token.expires_at())) : "never",
                    StateOf(token, session.now())});
    }
    table.Print(out);
    if (response.join_tokens().empty()) {
      session.Note("there is no join token; sluicectl join-token create --name N makes one");
    }
  });
}

struct CreateOptions {
  std::string name;
  std::string expires;
  bool single_use = false;
};

// The token alone on standard output: sluicectl join-token create ... > file works.
absl::Status CreateToken(Session& session, const CreateOptions& options) {
  admin::v1::CreateJoinTokenRequest request;
  request.set_name(options.name);
  request.set_single_use(options.single_use);
  if (!options.expires.empty()) {
    const absl::StatusOr<absl::Duration> expires = ParseDuration(options.expires);
    if (!expires.ok()) return expires.status();
    *request.mutable_expires_in() = ToProto(*expires);
  }
  CreateJoinTokenResponse response;
  const absl::Status called =
      session.Call(&JoinTokenService::Stub::CreateJoinToken, request, &response);
  if (!called.ok()) return called;
  const absl::Status printed = session.Print(response, [&](std::ostream& out) {
    const JoinToken& token = response.join_token();
    session.Note(base::Cat(
        "join token ", Printable(token.name()), " (id ", Printable(token.id()), ") created, for ",
        token.single_use() ? "one use" : "any number of uses",
        token.has_expires_at()
            ? base::Cat(", until ",
                        TimeWithRelativeText(FromProto(token.expires_at()), session.now()))
            : "",
        ".\nThis is the token. It is shown this once and stored nowhere:\n"));
    out << response.token() << std::endl;
    session.Note("");
  });
  base::Wipe(response.mutable_token()->data(), response.token().size());
  return printed;
}

absl::Status RevokeToken(Session& session, const std::string& token) {
  admin::v1::RevokeJoinTokenRequest request;
  request.set_id(token);
  admin::v1::RevokeJoinTokenResponse response;
  const absl::Status called =
      session.Call(&JoinTokenService::Stub::RevokeJoinToken, request, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    out << "join token " << Printable(token) << " revoked; nodes that joined with it stay\n";
  });
}

}  // namespace

void AddJoinTokenCommands(CommandList& commands) {
  CLI::App* group =
      commands.AddGroup("join-token", "What data planes show when they first connect.");
  commands.Add(group, "list", "List the join tokens; revoked ones are gone.",
               "sluicectl join-token list", ListTokens);
  const auto create = std::make_shared<CreateOptions>();
  CLI::App* create_command =
      commands.Add(group, "create", "Make a join token; it is shown once.",
                   "sluicectl join-token create --name eu-9 --single-use --expires 1h\n"
                   "sluicectl join-token create --name eu > join.token",
                   [create](Session& session) { return CreateToken(session, *create); });
  create_command->add_option("--name", create->name, "How to call it, e.g. eu-9")
      ->required()
      ->option_text("NAME (required)");
  create_command->add_option("--expires", create->expires, "From now: 1h, 30d (default never)")
      ->option_text("DURATION")
      ->check(PositiveDuration());
  create_command->add_flag("--single-use", create->single_use, "It lets in one node, over TLS");
  const auto token = std::make_shared<std::string>();
  CLI::App* revoke = commands.Add(group, "revoke", "Refuse a join token from now on, for good.",
                                  "sluicectl join-token revoke eu-9", [token](Session& session) {
                                    return RevokeToken(session, *token);
                                  });
  revoke->add_option("TOKEN", *token, "Its name or id")->required()->option_text(" ");
}

}  // namespace sluice::cli
