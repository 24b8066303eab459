// `sluicectl provider-key`: the operator's keys at the providers. They go in and never come out.
#include <memory>
#include <string>
#include <utility>

#include "common/base/text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/provider_key_views.h"
#include "controlplane/cli/secret_input.h"
#include "controlplane/cli/secret_reference.h"
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

// Its share of the requests beside the provider's other keys.
struct WeightOption {
  int32_t weight = 1;
  CLI::Option* option = nullptr;

  void AddTo(CLI::App* command) {
    option = command->add_option("--weight", weight, "Its share of the requests (default 1)")
                 ->option_text("N")
                 ->check(NumberBetween(1, 1000));
  }
  bool given() const { return option->count() > 0; }
};

struct AddOptions {
  std::string provider;
  std::string name;
  SecretSource source;
  ReferenceOptions reference;
  WeightOption weight;
  WriteOptions write;
};

absl::Status AddKey(Session& session, const AddOptions& options) {
  admin::v1::CreateProviderKeyRequest request;
  request.set_provider(options.provider);
  request.set_name(options.name);
  if (options.reference.given()) {
    auto reference = options.reference.Reference(options.source);
    if (!reference.ok()) return reference.status();
    *request.mutable_reference() = *std::move(reference);
  } else {
    const absl::StatusOr<base::Secret> secret = ReadSecret(options.source, session.terminal());
    if (!secret.ok()) return secret.status();
    request.set_secret(std::string(secret->Reveal()));
  }
  if (options.weight.given()) request.set_weight(options.weight.weight);
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
      "sluicectl provider-key add openai --name main --ref-file /run/keys/openai\n"
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
  options->reference.AddTo(command);
  options->weight.AddTo(command);
  options->write.AddTo(command);
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

struct UpdateOptions {
  NamedKeyOptions key;
  SecretSource source;
  ReferenceOptions reference;
  WeightOption weight;
};

absl::Status UpdateKey(Session& session, const UpdateOptions& options) {
  admin::v1::UpdateProviderKeyRequest request;
  options.key.FillRef(request.mutable_ref());
  const SecretSource& source = options.source;
  const bool replaced =
      !source.positional.empty() || !source.variable.empty() || !source.file.empty();
  if (!replaced && !options.reference.given() && !options.weight.given()) {
    return absl::InvalidArgumentError(
        "there is nothing to change; give --weight, or the new key with --from-env VARIABLE, "
        "--from-file FILE or - for standard input, or a reference to it with --ref-env, --ref-file "
        "or --ref-exec");
  }
  if (options.weight.given()) {
    request.mutable_provider_key()->set_weight(options.weight.weight);
    request.mutable_update_mask()->add_paths("weight");
  }
  if (options.reference.given()) {
    auto reference = options.reference.Reference(source);
    if (!reference.ok()) return reference.status();
    *request.mutable_provider_key()->mutable_reference() = *std::move(reference);
    request.mutable_update_mask()->add_paths("reference");
  } else if (replaced) {
    const absl::StatusOr<base::Secret> secret = ReadSecret(source, session.terminal());
    if (!secret.ok()) return secret.status();
    request.set_secret(std::string(secret->Reveal()));
  }
  options.key.write.Fill(session, &request);
  admin::v1::UpdateProviderKeyResponse response;
  const absl::Status called =
      session.Call(&ProviderKeyService::Stub::UpdateProviderKey, request, &response);
  base::Wipe(request.mutable_secret()->data(), request.secret().size());
  if (!called.ok()) return called;
  return FinishWrite(session, options.key.write, response, [&](std::ostream& out) {
    out << "provider key " << NameOf(response.provider_key()) << " changed, revision "
        << response.revision() << '\n';
  });
}

void AddUpdate(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<UpdateOptions>();
  CLI::App* command =
      commands.Add(group, "update", "Change a key's share, or its text.",
                   "sluicectl provider-key update openai main --weight 3\n"
                   "sluicectl provider-key update openai main --from-file new.key --wait",
                   [options](Session& session) { return UpdateKey(session, *options); });
  options->key.AddTo(command);
  command
      ->add_option("SOURCE", options->source.positional, "- reads the new key from standard input")
      ->option_text(" ");
  command
      ->add_option("--from-env", options->source.variable,
                   "Read the new key from this environment variable")
      ->option_text("VARIABLE");
  command->add_option("--from-file", options->source.file, "Read the new key from this file")
      ->option_text("FILE");
  options->reference.AddTo(command);
  options->weight.AddTo(command);
}

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
  AddProviderKeyViews(commands, group);
  AddUpdate(commands, group);
  AddProviderKeyRefresh(commands, group);
  AddSetEnabled(commands, group, true);
  AddSetEnabled(commands, group, false);
  const auto options = std::make_shared<NamedKeyOptions>();
  options->AddTo(
      commands.Add(group, "delete", "Delete a key.", "sluicectl provider-key delete openai main",
                   [options](Session& session) { return DeleteKey(session, *options); }));
}

}  // namespace sluice::cli
