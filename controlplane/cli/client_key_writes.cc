#include "controlplane/cli/client_key_writes.h"

#include <memory>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "controlplane/cli/budget_options.h"
#include "controlplane/cli/client_key_scope.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/write_options.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::ClientKeyService;
using admin::v1::CreateClientKeyResponse;

// The key alone on standard output, what is to be said of it beside it: KEY=$(sluicectl key create
// ...) works.
absl::Status FinishWithNewKey(Session& session, const WriteOptions& write,
                              CreateClientKeyResponse* response, std::string_view what) {
  const absl::Status finished = FinishWrite(session, write, *response, [&](std::ostream& out) {
    session.Note(base::Cat("client key ", Printable(response->client_key().name()), " (id ",
                           Printable(response->client_key().id()), ") ", what, ", revision ",
                           response->revision(),
                           ".\nThis is the key. It is shown this once and stored nowhere:\n"));
    out << response->key() << std::endl;
    session.Note("");
  });
  base::Wipe(response->mutable_key()->data(), response->key().size());
  return finished;
}

// What create and update have in common.
struct ClientKeyFields {
  std::vector<std::string> providers;
  ClientKeyScope scope;
  BudgetOptions budget;
  std::string expires;
  std::vector<std::string> labels;
  std::string note;
  CLI::Option* note_option = nullptr;

  void AddTo(CLI::App* command) {
    command->add_option("--providers", providers, "The providers it may use (default all)")
        ->option_text("A,B,...")
        ->delimiter(',')
        ->allow_extra_args(false);
    scope.AddTo(command);
    budget.AddTo(command);
    command->add_option("--expires", expires, "From now: 30d, 12h, 90m (default never)")
        ->option_text("DURATION")
        ->check(PositiveDuration());
    command->add_option("--label", labels, "A label, name=value; may be repeated")
        ->option_text("NAME=VALUE")
        ->allow_extra_args(false);
    note_option = command->add_option("--note", note, "For people: who holds it, what for")
                      ->option_text("TEXT");
  }
};

struct CreateOptions {
  std::string name;
  ClientKeyFields fields;
  WriteOptions write;
};

absl::Status CreateKey(Session& session, const CreateOptions& options) {
  admin::v1::CreateClientKeyRequest request;
  config::v1::ClientKey* key = request.mutable_client_key();
  key->set_name(options.name);
  key->set_note(options.fields.note);
  key->mutable_providers()->Add(options.fields.providers.begin(), options.fields.providers.end());
  absl::Status scoped = options.fields.scope.Fill(key);
  if (scoped.ok()) scoped = options.fields.budget.Fill(key);
  if (!scoped.ok()) return scoped;
  const absl::Status labelled = ParseLabels(options.fields.labels, key->mutable_labels());
  if (!labelled.ok()) return labelled;
  if (!options.fields.expires.empty()) {
    const absl::StatusOr<absl::Duration> expires = ParseDuration(options.fields.expires);
    if (!expires.ok()) return expires.status();
    *request.mutable_expires_in() = ToProto(*expires);
  }
  options.write.Fill(session, &request);
  CreateClientKeyResponse response;
  const absl::Status called =
      session.Call(&ClientKeyService::Stub::CreateClientKey, request, &response);
  if (!called.ok()) return called;
  return FinishWithNewKey(session, options.write, &response, "created");
}

struct UpdateOptions {
  std::string key;
  ClientKeyFields fields;
  bool all_providers = false;
  ClientKeyFreedoms freedoms;
  bool never_expires = false;
  bool enable = false;
  bool disable = false;
  WriteOptions write;
};

absl::Status FillUpdate(const UpdateOptions& options, absl::Time now,
                        admin::v1::UpdateClientKeyRequest* request) {
  config::v1::ClientKey* key = request->mutable_client_key();
  google::protobuf::FieldMask* mask = request->mutable_update_mask();
  const ClientKeyFields& fields = options.fields;
  key->mutable_providers()->Add(fields.providers.begin(), fields.providers.end());
  if (!fields.providers.empty() || options.all_providers) mask->add_paths("providers");
  absl::Status scoped = fields.scope.Fill(key);
  if (scoped.ok()) scoped = fields.budget.Fill(key);
  if (!scoped.ok()) return scoped;
  fields.scope.AddPaths(mask);
  fields.budget.AddPaths(mask);
  options.freedoms.AddPaths(mask);
  if (!fields.expires.empty()) {
    const absl::StatusOr<absl::Duration> expires = ParseDuration(fields.expires);
    if (!expires.ok()) return expires.status();
    key->mutable_expires_at()->set_seconds(absl::ToUnixSeconds(now + *expires));
  }
  if (key->has_expires_at() || options.never_expires) mask->add_paths("expires_at");
  if (options.enable || options.disable) {
    key->set_enabled(options.enable);
    mask->add_paths("enabled");
  }
  const absl::Status labelled = ParseLabels(fields.labels, key->mutable_labels());
  if (!labelled.ok()) return labelled;
  if (!fields.labels.empty()) mask->add_paths("labels");
  key->set_note(fields.note);
  if (fields.note_option->count() > 0) mask->add_paths("note");
  if (mask->paths().empty()) {
    return absl::InvalidArgumentError(
        "there is nothing to update; give a field, e.g. --expires 30d or --disable");
  }
  request->set_key(options.key);
  return absl::OkStatus();
}

absl::Status UpdateKey(Session& session, const UpdateOptions& options) {
  admin::v1::UpdateClientKeyRequest request;
  const absl::Status filled = FillUpdate(options, session.now(), &request);
  if (!filled.ok()) return filled;
  options.write.Fill(session, &request);
  admin::v1::UpdateClientKeyResponse response;
  const absl::Status called =
      session.Call(&ClientKeyService::Stub::UpdateClientKey, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "client key " << Printable(response.client_key().name()) << " updated, revision "
        << response.revision() << '\n';
  });
}

struct RevokeOptions {
  std::string key;
  bool cut_streams = false;
  WriteOptions write;
};

absl::Status RevokeKey(Session& session, const RevokeOptions& options) {
  admin::v1::RevokeClientKeyRequest request;
  request.set_key(options.key);
  request.set_cut_streams(options.cut_streams);
  options.write.Fill(session, &request);
  admin::v1::RevokeClientKeyResponse response;
  const absl::Status called =
      session.Call(&ClientKeyService::Stub::RevokeClientKey, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "client key " << Printable(response.client_key().name()) << " revoked"
        << (response.client_key().cut_streams() ? ", what is under way is cut" : "")
        << ", revision " << response.revision() << '\n';
  });
}

struct RotateOptions {
  std::string key;
  std::string overlap;
  WriteOptions write;
};

absl::Status RotateKey(Session& session, const RotateOptions& options) {
  admin::v1::RotateClientKeyRequest request;
  request.set_key(options.key);
  if (!options.overlap.empty()) {
    const absl::StatusOr<absl::Duration> overlap = ParseDuration(options.overlap);
    if (!overlap.ok()) return overlap.status();
    *request.mutable_overlap() = ToProto(*overlap);
  }
  options.write.Fill(session, &request);
  CreateClientKeyResponse response;
  const absl::Status called =
      session.Call(&ClientKeyService::Stub::RotateClientKey, request, &response);
  if (!called.ok()) return called;
  return FinishWithNewKey(
      session, options.write, &response,
      options.overlap.empty()
          ? "made in place of the old one"
          : base::Cat("made in place of the old one, which ends in ", options.overlap));
}

}  // namespace

void AddClientKeyCreate(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App* command =
      commands.Add(group, "create", "Make a client key; it is shown once.",
                   "sluicectl key create --name web --providers openai --expires 90d --wait\n"
                   "sluicectl key create --name ci --methods POST --endpoints 'chat/**' \\\n"
                   "  --rate 100/1m --burst 20 --concurrent 4\n"
                   "KEY=$(sluicectl key create --name web)   # only the key is on standard output",
                   [options](Session& session) { return CreateKey(session, *options); });
  command->add_option("--name", options->name, "How to call it, e.g. web")
      ->required()
      ->option_text("NAME (required)");
  options->fields.AddTo(command);
  options->write.AddTo(command);
}

void AddClientKeyUpdate(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<UpdateOptions>();
  CLI::App* command =
      commands.Add(group, "update", "Change what a client key may do; the rest stays.",
                   "sluicectl key update web --providers openai --wait\n"
                   "sluicectl key update web --disable",
                   [options](Session& session) { return UpdateKey(session, *options); });
  command->add_option("KEY", options->key, "Its name or id")->required()->option_text(" ");
  options->fields.AddTo(command);
  command->add_flag("--all-providers", options->all_providers, "It may use every provider")
      ->excludes("--providers");
  options->freedoms.AddTo(command);
  options->fields.budget.AddNone(command);
  command->add_flag("--never-expires", options->never_expires, "It has no end")
      ->excludes("--expires");
  command->add_flag("--enable", options->enable, "Accept it");
  command->add_flag("--disable", options->disable, "Refuse it, for now")->excludes("--enable");
  options->write.AddTo(command);
}

void AddClientKeyRevoke(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<RevokeOptions>();
  CLI::App* command =
      commands.Add(group, "revoke", "Refuse a client key from now on, for good.",
                   "sluicectl key revoke web --wait\n"
                   "sluicectl key revoke web --cut-streams --wait",
                   [options](Session& session) { return RevokeKey(session, *options); });
  command->add_option("KEY", options->key, "Its name or id")->required()->option_text(" ");
  command->add_flag("--cut-streams", options->cut_streams,
                    "End its requests that are under way too");
  options->write.AddTo(command);
}

void AddClientKeyRotate(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<RotateOptions>();
  CLI::App* command =
      commands.Add(group, "rotate", "Make a new key of the same rights; revoke the old.",
                   "sluicectl key rotate web --wait\n"
                   "sluicectl key rotate web --overlap 24h --wait",
                   [options](Session& session) { return RotateKey(session, *options); });
  command->add_option("KEY", options->key, "Its name or id")->required()->option_text(" ");
  command->add_option("--overlap", options->overlap, "The old key lives on: 24h, 7d (default not)")
      ->option_text("DURATION")
      ->check(PositiveDuration());
  options->write.AddTo(command);
}

}  // namespace sluice::cli
