// `sluicectl provider-key`: the operator's keys at the providers. They go in and never come out.
#include <memory>
#include <string>
#include <utility>

#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/secret_input.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/write_options.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::ProviderKeyService;
using config::v1::ProviderKey;

std::string NameOf(const ProviderKey& key) {
  return Printable(base::Cat(key.provider(), "/", key.name()));
}

struct AddOptions {
  std::string provider;
  std::string name;
  SecretSource source;
  WriteOptions write;
};

absl::Status AddKey(Session& session, const AddOptions& options) {
  const absl::StatusOr<base::Secret> secret = ReadSecret(options.source, session.terminal());
  if (!secret.ok()) return secret.status();
  admin::v1::CreateProviderKeyRequest request;
  request.set_provider(options.provider);
  request.set_name(options.name);
  request.set_secret(std::string(secret->Reveal()));
  options.write.Fill(session, &request);
  admin::v1::CreateProviderKeyResponse response;
  const absl::Status called =
      session.Call(&ProviderKeyService::Stub::CreateProviderKey, request, &response);
  base::Wipe(request.mutable_secret()->data(), request.secret().size());
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "provider key " << NameOf(response.provider_key()) << " added, revision "
        << response.revision() << '\n';
  });
}

void AddAdd(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<AddOptions>();
  CLI::App* command = commands.Add(
      group, "add", "Add a key; it is never an argument.",
      "sluicectl provider-key add openai --name main --from-env OPENAI_API_KEY --wait\n"
      "sluicectl provider-key add openai --name main --from-file openai.key\n"
      "pass show openai | sluicectl provider-key add openai --name main -",
      [options](Session& session) { return AddKey(session, *options); });
  command->add_option("PROVIDER", options->provider, "The provider it is for")
      ->required()
      ->option_text(" ");
  command->add_option("SOURCE", options->source.positional, "- reads the key from standard input")
      ->option_text(" ");
  command->add_option("--name", options->name, "How to call the key, e.g. main")
      ->required()
      ->option_text("NAME (required)");
  command
      ->add_option("--from-env", options->source.variable,
                   "Read the key from this environment variable")
      ->option_text("VARIABLE");
  command->add_option("--from-file", options->source.file, "Read the key from this file")
      ->option_text("FILE");
  options->write.AddTo(command);
}

absl::Status ListKeys(Session& session, const std::string& provider) {
  admin::v1::ListProviderKeysRequest request;
  request.set_provider(provider);
  admin::v1::ListProviderKeysResponse response;
  const absl::Status called =
      session.Call(&ProviderKeyService::Stub::ListProviderKeys, request, &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"PROVIDER", "NAME", "ID", "STATE", "CREATED"});
    for (const ProviderKey& key : response.provider_keys()) {
      const bool enabled = !key.has_enabled() || key.enabled();
      table.AddRow({key.provider(), key.name(), key.id(), enabled ? "enabled" : "disabled",
                    key.has_created_at() ? TimeText(FromProto(key.created_at())) : ""});
    }
    table.Print(out);
    if (response.provider_keys().empty()) {
      session.Note(
          "there is no provider key; sluicectl provider-key add --help shows how to add one");
    }
  });
}

struct NamedKeyOptions {
  std::string provider;
  std::string name;
  WriteOptions write;

  void AddTo(CLI::App* command) {
    command->add_option("PROVIDER", provider, "The provider")->required()->option_text(" ");
    command->add_option("NAME", name, "The key's name")->required()->option_text(" ");
    write.AddTo(command);
  }
  void FillRef(admin::v1::ProviderKeyRef* ref) const {
    ref->set_provider(provider);
    ref->set_name(name);
  }
};

absl::Status SetEnabled(Session& session, const NamedKeyOptions& options, bool enabled) {
  admin::v1::UpdateProviderKeyRequest request;
  options.FillRef(request.mutable_ref());
  request.mutable_provider_key()->set_enabled(enabled);
  request.mutable_update_mask()->add_paths("enabled");
  options.write.Fill(session, &request);
  admin::v1::UpdateProviderKeyResponse response;
  const absl::Status called =
      session.Call(&ProviderKeyService::Stub::UpdateProviderKey, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "provider key " << NameOf(response.provider_key())
        << (enabled ? " enabled" : " disabled") << ", revision " << response.revision() << '\n';
  });
}

void AddSetEnabled(CommandList& commands, CLI::App* group, bool enabled) {
  const auto options = std::make_shared<NamedKeyOptions>();
  const std::string word = enabled ? "enable" : "disable";
  options->AddTo(commands.Add(
      group, word, enabled ? "Use a key again." : "Stop using a key, and keep it.",
      base::Cat("sluicectl provider-key ", word, " openai main --wait"),
      [options, enabled](Session& session) { return SetEnabled(session, *options, enabled); }));
}

absl::Status DeleteKey(Session& session, const NamedKeyOptions& options) {
  admin::v1::DeleteProviderKeyRequest request;
  options.FillRef(request.mutable_ref());
  options.write.Fill(session, &request);
  admin::v1::DeleteProviderKeyResponse response;
  const absl::Status called =
      session.Call(&ProviderKeyService::Stub::DeleteProviderKey, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "provider key " << options.provider << "/" << options.name << " deleted, revision "
        << response.revision() << '\n';
  });
}

}  // namespace

void AddProviderKeyCommands(CommandList& commands) {
  CLI::App* group =
      commands.AddGroup("provider-key", "Your keys at the providers; they never come out.");
  AddAdd(commands, group);
  const auto provider = std::make_shared<std::string>();
  CLI::App* list = commands.Add(group, "list", "List the provider keys, without their secrets.",
                                "sluicectl provider-key list openai", [provider](Session& session) {
                                  return ListKeys(session, *provider);
                                });
  list->add_option("PROVIDER", *provider, "Only those of this provider")->option_text(" ");
  AddSetEnabled(commands, group, true);
  AddSetEnabled(commands, group, false);
  const auto options = std::make_shared<NamedKeyOptions>();
  options->AddTo(
      commands.Add(group, "delete", "Delete a key.", "sluicectl provider-key delete openai main",
                   [options](Session& session) { return DeleteKey(session, *options); }));
}

}  // namespace sluice::cli
