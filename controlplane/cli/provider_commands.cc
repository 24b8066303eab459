// `sluicectl provider`.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/cli/field_path.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/provider_fields.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/write_options.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::ProviderService;
using config::v1::Provider;

bool IsEnabled(const Provider& provider) { return !provider.has_enabled() || provider.enabled(); }

std::string BaseUrlText(const Provider& provider) {
  return provider.has_base_url() ? provider.base_url() : "(of the preset)";
}

absl::Status ListPresets(Session& session) {
  admin::v1::ListPresetsResponse response;
  const absl::Status called =
      session.Call(&ProviderService::Stub::ListPresets, admin::v1::ListPresetsRequest(), &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"NAME", "TITLE", "KEY", "BASE URL"});
    for (const admin::v1::Preset& preset : response.presets()) {
      table.AddRow({preset.name(), preset.title(), preset.key_required() ? "required" : "optional",
                    preset.base_url().empty() ? "(give --base-url)" : preset.base_url()});
    }
    table.Print(out);
  });
}

absl::Status ListProviders(Session& session) {
  admin::v1::ListProvidersResponse response;
  const absl::Status called = session.Call(&ProviderService::Stub::ListProviders,
                                           admin::v1::ListProvidersRequest(), &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"NAME", "PRESET", "STATE", "BASE URL"});
    for (const Provider& provider : response.providers()) {
      table.AddRow({provider.name(), provider.preset(),
                    IsEnabled(provider) ? "enabled" : "disabled", BaseUrlText(provider)});
    }
    table.Print(out);
    if (response.providers().empty()) {
      session.Note("there is no provider yet; sluicectl provider create NAME --preset P makes one");
    }
  });
}

absl::Status GetProvider(Session& session, const std::string& name) {
  admin::v1::GetProviderRequest request;
  request.set_name(name);
  Provider provider;
  const absl::Status called = session.Call(&ProviderService::Stub::GetProvider, request, &provider);
  if (!called.ok()) return called;
  return session.Print(provider, [&](std::ostream& out) { session.PrintFields(provider, out); });
}

struct CreateOptions {
  std::string name;
  std::string preset;
  bool disabled = false;
  ProviderFields fields;
  WriteOptions write;
};

absl::Status CreateProvider(Session& session, const CreateOptions& options) {
  admin::v1::CreateProviderRequest request;
  google::protobuf::FieldMask given;
  const absl::Status applied = options.fields.Apply(request.mutable_provider(), &given);
  if (!applied.ok()) return applied;
  request.mutable_provider()->set_name(options.name);
  request.mutable_provider()->set_preset(options.preset);
  if (options.disabled) request.mutable_provider()->set_enabled(false);
  options.write.Fill(session, &request);
  admin::v1::CreateProviderResponse response;
  const absl::Status called =
      session.Call(&ProviderService::Stub::CreateProvider, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "provider " << Printable(response.provider().name()) << " created, revision "
        << response.revision() << '\n';
  });
}

void AddCreate(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App* command =
      commands.Add(group, "create", "Create a provider: what follows /p/ in a path.",
                   "sluicectl provider create openai --preset openai --wait\n"
                   "sluicectl provider create lab --preset ollama --base-url http://10.0.0.7:11434",
                   [options](Session& session) { return CreateProvider(session, *options); });
  command->add_option("NAME", options->name, "Its name in paths, e.g. openai-east")
      ->required()
      ->option_text(" ");
  command->add_option("--preset", options->preset, "One of sluicectl provider presets")
      ->required()
      ->option_text("PRESET (required)");
  command->add_flag("--disabled", options->disabled, "Answer as if it were unknown, for now");
  options->fields.AddTo(command);
  options->write.AddTo(command);
}

struct UpdateOptions {
  std::string name;
  bool enable = false;
  bool disable = false;
  std::vector<std::string> unset;
  ProviderFields fields;
  WriteOptions write;
};

absl::Status FillUpdate(const UpdateOptions& options, admin::v1::UpdateProviderRequest* request) {
  absl::Status applied =
      options.fields.Apply(request->mutable_provider(), request->mutable_update_mask());
  if (applied.ok() && (options.enable || options.disable)) {
    request->mutable_provider()->set_enabled(options.enable);
    applied = AddToMask("enabled", request->mutable_update_mask());
  }
  for (const std::string& path : options.unset) {
    if (applied.ok()) applied = CheckFieldPath(*Provider::descriptor(), path, "field");
    if (applied.ok()) applied = AddToMask(path, request->mutable_update_mask());
  }
  if (!applied.ok()) return applied;
  if (request->update_mask().paths().empty()) {
    return absl::InvalidArgumentError(
        "there is nothing to update; give a field, e.g. --base-url URL or --disable");
  }
  request->mutable_provider()->set_name(options.name);
  return absl::OkStatus();
}

absl::Status UpdateProvider(Session& session, const UpdateOptions& options) {
  admin::v1::UpdateProviderRequest request;
  const absl::Status filled = FillUpdate(options, &request);
  if (!filled.ok()) return filled;
  options.write.Fill(session, &request);
  admin::v1::UpdateProviderResponse response;
  const absl::Status called =
      session.Call(&ProviderService::Stub::UpdateProvider, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "provider " << Printable(response.provider().name()) << " updated, revision "
        << response.revision() << '\n';
  });
}

void AddUpdate(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<UpdateOptions>();
  CLI::App* command =
      commands.Add(group, "update", "Change fields of a provider; the rest stays.",
                   "sluicectl provider update openai --base-url https://eu.api.openai.com/v1\n"
                   "sluicectl provider update openai --disable\n"
                   "sluicectl provider update openai --set 'denied_endpoints=[\"files/\"]'\n"
                   "sluicectl provider update openai --unset timeouts.first_byte",
                   [options](Session& session) { return UpdateProvider(session, *options); });
  command->add_option("NAME", options->name, "The provider")->required()->option_text(" ");
  command->add_flag("--enable", options->enable, "Serve it");
  command->add_flag("--disable", options->disable, "Answer as if it were unknown")
      ->excludes("--enable");
  options->fields.AddTo(command);
  command->add_option("--unset", options->unset, "Back to the preset's value; may be repeated")
      ->option_text("FIELD")
      ->allow_extra_args(false);
  options->write.AddTo(command);
}

struct DeleteOptions {
  std::string name;
  WriteOptions write;
};

absl::Status DeleteProvider(Session& session, const DeleteOptions& options) {
  admin::v1::DeleteProviderRequest request;
  request.set_name(options.name);
  options.write.Fill(session, &request);
  admin::v1::DeleteProviderResponse response;
  const absl::Status called =
      session.Call(&ProviderService::Stub::DeleteProvider, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, options.write, response, [&](std::ostream& out) {
    out << "provider " << options.name << " and its keys deleted, revision " << response.revision()
        << '\n';
  });
}

void AddDelete(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<DeleteOptions>();
  CLI::App* command =
      commands.Add(group, "delete", "Delete a provider, with its keys.",
                   "sluicectl provider delete openai-east --wait",
                   [options](Session& session) { return DeleteProvider(session, *options); });
  command->add_option("NAME", options->name, "The provider")->required()->option_text(" ");
  options->write.AddTo(command);
}

}  // namespace

void AddProviderCommands(CommandList& commands) {
  CLI::App* group = commands.AddGroup("provider", "The providers that requests can go to.");
  commands.Add(group, "presets", "List the kinds of providers that Sluice knows.",
               "sluicectl provider presets", ListPresets);
  commands.Add(group, "list", "List the providers.", "sluicectl provider list -o json",
               ListProviders);
  const auto name = std::make_shared<std::string>();
  CLI::App* get = commands.Add(group, "get", "Show one provider.", "sluicectl provider get openai",
                               [name](Session& session) { return GetProvider(session, *name); });
  get->add_option("NAME", *name, "The provider")->required()->option_text(" ");
  AddCreate(commands, group);
  AddUpdate(commands, group);
  AddDelete(commands, group);
}

}  // namespace sluice::cli
