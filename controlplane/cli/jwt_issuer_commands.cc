// `sluicectl jwt-issuer`: who signs tokens that clients may show in place of a key.
#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/wire/jwks.h"
#include "controlplane/cli/field_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/jwt_issuer_fields.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/write_options.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::JwtIssuerService;
using config::v1::JwtIssuer;

absl::Status ListIssuers(Session& session) {
  admin::v1::ListJwtIssuersResponse response;
  const absl::Status called = session.Call(&JwtIssuerService::Stub::ListJwtIssuers,
                                           admin::v1::ListJwtIssuersRequest(), &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"NAME", "STATE", "ISSUER", "AUDIENCES", "PROVIDERS"});
    for (const JwtIssuer& issuer : response.jwt_issuers()) {
      const bool enabled = !issuer.has_enabled() || issuer.enabled();
      table.AddRow({issuer.name(), enabled ? "enabled" : "disabled", issuer.issuer(),
                    absl::StrJoin(issuer.audiences(), ", "),
                    issuer.providers().empty() ? "all" : absl::StrJoin(issuer.providers(), ", ")});
    }
    table.Print(out);
    if (response.jwt_issuers().empty()) {
      session.Note("there is no token issuer; sluicectl jwt-issuer create NAME makes one");
    }
  });
}

absl::Status GetIssuer(Session& session, const std::string& name) {
  admin::v1::GetJwtIssuerRequest request;
  request.set_name(name);
  JwtIssuer issuer;
  const absl::Status called = session.Call(&JwtIssuerService::Stub::GetJwtIssuer, request, &issuer);
  if (!called.ok()) return called;
  return session.Print(issuer, [&](std::ostream& out) {
    JwtIssuer shown = issuer;
    const auto keys = wire::ParseJwks(issuer.jwks());
    if (keys.ok()) shown.set_jwks(base::Cat(keys->size(), " for signatures (-o yaml shows all)"));
    session.PrintFields(shown, out);
  });
}

struct CreateOptions {
  std::string name;
  bool disabled = false;
  JwtIssuerFields fields;
  WriteOptions write;
};

absl::Status CreateIssuer(Session& session, const CreateOptions& options) {
  admin::v1::CreateJwtIssuerRequest request;
  google::protobuf::FieldMask given;
  JwtIssuer* issuer = request.mutable_jwt_issuer();
  const absl::Status applied = options.fields.Apply(session.terminal(), issuer, &given);
  if (!applied.ok()) return applied;
  issuer->set_name(options.name);
  if (options.disabled) issuer->set_enabled(false);
  if (options.fields.has_secret()) {
    const auto secret = options.fields.Secret(session.terminal());
    if (!secret.ok()) return secret.status();
    request.set_hs256_secret(std::string(secret->Reveal()));
  }
  options.write.Fill(session, &request);
  admin::v1::CreateJwtIssuerResponse response;
  const absl::Status called =
      session.Call(&JwtIssuerService::Stub::CreateJwtIssuer, request, &response);
  base::Wipe(request.mutable_hs256_secret()->data(), request.hs256_secret().size());
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "jwt issuer " << Printable(response.jwt_issuer().name()) << " created, revision "
        << response.revision() << '\n';
  });
}

void AddCreate(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App* command =
      commands.Add(group, "create", "Take the tokens of an issuer from now on.",
                   "sluicectl jwt-issuer create corp --issuer https://id.example.com \\\n"
                   "  --audience sluice --jwks-file jwks.json --models-claim models --wait\n"
                   "sluicectl jwt-issuer create batch --issuer batch --audience sluice \\\n"
                   "  --algorithm HS256 --hs256-from-file batch.secret --rate 100/1m",
                   [options](Session& session) { return CreateIssuer(session, *options); });
  command->add_option("NAME", options->name, "How to call it, e.g. corp")
      ->required()
      ->option_text(" ");
  command->add_flag("--disabled", options->disabled, "Refuse its tokens, for now");
  options->fields.AddTo(command, true);
  options->write.AddTo(command);
}

struct UpdateOptions {
  std::string name;
  bool enable = false;
  bool disable = false;
  bool all_providers = false;
  JwtIssuerFields fields;
  ClientKeyFreedoms freedoms;
  WriteOptions write;
};

absl::Status FillUpdate(const UpdateOptions& options, const Terminal& terminal,
                        admin::v1::UpdateJwtIssuerRequest* request) {
  JwtIssuer* issuer = request->mutable_jwt_issuer();
  google::protobuf::FieldMask* mask = request->mutable_update_mask();
  const absl::Status applied = options.fields.Apply(terminal, issuer, mask);
  if (!applied.ok()) return applied;
  issuer->set_name(options.name);
  options.freedoms.AddPaths(mask);
  if (options.all_providers) mask->add_paths("providers");
  if (options.enable || options.disable) {
    issuer->set_enabled(options.enable);
    mask->add_paths("enabled");
  }
  if (options.fields.has_secret()) {
    const auto secret = options.fields.Secret(terminal);
    if (!secret.ok()) return secret.status();
    request->set_hs256_secret(std::string(secret->Reveal()));
  } else if (mask->paths().empty()) {
    return absl::InvalidArgumentError(
        "there is nothing to update; give a field, e.g. --jwks-file FILE or --disable");
  }
  return absl::OkStatus();
}

absl::Status UpdateIssuer(Session& session, const UpdateOptions& options) {
  admin::v1::UpdateJwtIssuerRequest request;
  const absl::Status filled = FillUpdate(options, session.terminal(), &request);
  if (!filled.ok()) return filled;
  options.write.Fill(session, &request);
  admin::v1::UpdateJwtIssuerResponse response;
  const absl::Status called =
      session.Call(&JwtIssuerService::Stub::UpdateJwtIssuer, request, &response);
  base::Wipe(request.mutable_hs256_secret()->data(), request.hs256_secret().size());
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "jwt issuer " << Printable(response.jwt_issuer().name()) << " updated, revision "
        << response.revision() << '\n';
  });
}

void AddUpdate(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<UpdateOptions>();
  CLI::App* command =
      commands.Add(group, "update", "Change keys or rules of an issuer; the rest stays.",
                   "sluicectl jwt-issuer update corp --jwks-file jwks.json --wait\n"
                   "sluicectl jwt-issuer update corp --models-claim ''   # looks at none\n"
                   "sluicectl jwt-issuer update corp --disable",
                   [options](Session& session) { return UpdateIssuer(session, *options); });
  command->add_option("NAME", options->name, "Its name")->required()->option_text(" ");
  options->fields.AddTo(command, false);
  command->add_flag("--all-providers", options->all_providers, "They may use every provider")
      ->excludes("--providers");
  options->freedoms.AddTo(command);
  command->add_flag("--enable", options->enable, "Take its tokens");
  command->add_flag("--disable", options->disable, "Refuse them, for now")->excludes("--enable");
  options->write.AddTo(command);
}

struct DeleteOptions {
  std::string name;
  WriteOptions write;
};

absl::Status DeleteIssuer(Session& session, const DeleteOptions& options) {
  admin::v1::DeleteJwtIssuerRequest request;
  request.set_name(options.name);
  options.write.Fill(session, &request);
  admin::v1::DeleteJwtIssuerResponse response;
  const absl::Status called =
      session.Call(&JwtIssuerService::Stub::DeleteJwtIssuer, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "jwt issuer " << Printable(options.name) << " deleted, revision " << response.revision()
        << '\n';
  });
}

}  // namespace

void AddJwtIssuerCommands(CommandList& commands) {
  CLI::App* group =
      commands.AddGroup("jwt-issuer", "Whose tokens clients may show in place of a key.");
  AddCreate(commands, group);
  commands.Add(group, "list", "List the token issuers.", "sluicectl jwt-issuer list",
               [](Session& session) { return ListIssuers(session); });
  const auto name = std::make_shared<std::string>();
  CLI::App* get =
      commands.Add(group, "get", "Show one token issuer.", "sluicectl jwt-issuer get corp -o yaml",
                   [name](Session& session) { return GetIssuer(session, *name); });
  get->add_option("NAME", *name, "Its name")->required()->option_text(" ");
  AddUpdate(commands, group);
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App* remove =
      commands.Add(group, "delete", "Take no more tokens of an issuer; streams go on.",
                   "sluicectl jwt-issuer delete corp --wait",
                   [options](Session& session) { return DeleteIssuer(session, *options); });
  remove->add_option("NAME", options->name, "Its name")->required()->option_text(" ");
  options->write.AddTo(remove);
}

}  // namespace sluice::cli
