// `sluicectl settings`: the flags and limits of the whole gateway.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/wire/settings.h"
#include "controlplane/cli/field_path.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/provider_fields.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/write_options.h"
#include "google/protobuf/util/field_mask_util.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::SettingsService;
using config::v1::Settings;

constexpr std::string_view kNoun = "setting";

void PrintSettings(const Settings& settings, std::ostream& out) {
  const Settings defaults = wire::DefaultSettings();
  Table table({"NAME", "VALUE", "DEFAULT"});
  for (const NamedText& field : SetFields(settings)) {
    table.AddRow({field.path, field.text, FieldText(defaults, field.path)});
  }
  table.Print(out);
}

absl::Status GetSettings(Session& session, const std::string& name) {
  if (!name.empty()) {
    const absl::Status known = CheckFieldPath(*Settings::descriptor(), name, kNoun);
    if (!known.ok()) return known;
  }
  admin::v1::GetSettingsResponse response;
  const absl::Status called =
      session.Call(&SettingsService::Stub::GetSettings, admin::v1::GetSettingsRequest(), &response);
  if (!called.ok()) return called;
  if (name.empty()) {
    return session.Print(response,
                         [&](std::ostream& out) { PrintSettings(response.settings(), out); });
  }
  google::protobuf::FieldMask only;
  only.add_paths(name);
  google::protobuf::util::FieldMaskUtil::TrimMessage(only, response.mutable_settings());
  const std::vector<NamedText> fields = SetFields(response.settings());
  return session.Print(response, [&](std::ostream& out) {
    if (fields.size() == 1 && fields[0].path == name) {
      out << Printable(fields[0].text) << '\n';  // alone, for scripts
    } else {
      PrintSettings(response.settings(), out);
    }
  });
}

struct WriteSettingsOptions {
  std::vector<std::string> arguments;
  WriteOptions write;
};

absl::Status SendUpdate(Session& session, const WriteOptions& write,
                        admin::v1::UpdateSettingsRequest request) {
  write.Fill(session, &request);
  admin::v1::UpdateSettingsResponse response;
  const absl::Status called =
      session.Call(&SettingsService::Stub::UpdateSettings, request, &response);
  if (!called.ok()) return called;
  return FinishWrite(session, write, response, [&](std::ostream& out) {
    for (const std::string& path : request.update_mask().paths()) {
      const std::string value = FieldText(response.settings(), path);
      out << path << " is now " << (value.empty() ? "the default" : Printable(value))
          << ", revision " << response.revision() << '\n';
    }
  });
}

absl::Status SetSettings(Session& session, const WriteSettingsOptions& options) {
  admin::v1::UpdateSettingsRequest request;
  for (const std::string& argument : options.arguments) {
    const size_t equals = argument.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(
          base::Cat("\"", argument, "\" is not of the form NAME=VALUE"));
    }
    const std::string path = argument.substr(0, equals);
    absl::Status done =
        SetField(request.mutable_settings(), path, argument.substr(equals + 1), kNoun);
    if (done.ok()) done = AddToMask(path, request.mutable_update_mask());
    if (!done.ok()) return done;
  }
  return SendUpdate(session, options.write, std::move(request));
}

absl::Status UnsetSettings(Session& session, const WriteSettingsOptions& options) {
  admin::v1::UpdateSettingsRequest request;
  for (const std::string& path : options.arguments) {
    absl::Status done = CheckFieldPath(*Settings::descriptor(), path, kNoun);
    if (done.ok()) done = AddToMask(path, request.mutable_update_mask());
    if (!done.ok()) return done;
  }
  return SendUpdate(session, options.write, std::move(request));
}

}  // namespace

void AddSettingsCommands(CommandList& commands) {
  CLI::App* group = commands.AddGroup("settings", "Flags and limits of the whole gateway.");
  const auto name = std::make_shared<std::string>();
  CLI::App* get = commands.Add(group, "get", "Show all settings, or the value of one.",
                               "sluicectl settings get\nsluicectl settings get timeouts.connect",
                               [name](Session& session) { return GetSettings(session, *name); });
  get->add_option("NAME", *name, "The setting; nested with a dot")->option_text(" ");

  const auto set = std::make_shared<WriteSettingsOptions>();
  CLI::App* set_command =
      commands.Add(group, "set", "Change settings, together in one revision.",
                   "sluicectl settings set enable_passthrough_routes=false --wait\n"
                   "sluicectl settings set timeouts.connect=10s max_body_bytes=52428800",
                   [set](Session& session) { return SetSettings(session, *set); });
  set_command
      ->add_option("NAME=VALUE", set->arguments,
                   "true, false, a whole number, or a duration:\n500ms, 10s, 5m, 1h")
      ->required()
      ->option_text("...");
  set->write.AddTo(set_command);

  const auto unset = std::make_shared<WriteSettingsOptions>();
  CLI::App* unset_command =
      commands.Add(group, "unset", "Return settings to their defaults.",
                   "sluicectl settings unset timeouts.connect --wait",
                   [unset](Session& session) { return UnsetSettings(session, *unset); });
  unset_command->add_option("NAME", unset->arguments, "The setting; nested with a dot")
      ->required()
      ->option_text("...");
  unset->write.AddTo(unset_command);
}

}  // namespace sluice::cli
