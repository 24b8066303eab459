// `sluicectl export` and `sluicectl apply`: the whole configuration as one file.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/wire/channel.h"
#include "controlplane/cli/declaration_file.h"
#include "controlplane/cli/declaration_text.h"
#include "controlplane/cli/diff_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/write_options.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::ApplyConfigurationRequest;
using admin::v1::ApplyConfigurationResponse;
using admin::v1::DeclarationService;
using admin::v1::ResourceDiff;

absl::Status Export(Session& session) {
  admin::v1::ExportConfigurationResponse response;
  const absl::Status called = session.Call(&DeclarationService::Stub::ExportConfiguration,
                                           admin::v1::ExportConfigurationRequest(), &response);
  if (!called.ok()) return called;
  const absl::StatusOr<std::string> text = DeclarationText(response, session.output());
  if (!text.ok()) return text.status();
  *session.terminal().out << *text << std::flush;
  if (session.terminal().out->good()) return absl::OkStatus();
  return absl::DataLossError("cannot write to standard output");
}

struct ApplyOptions {
  std::string file;
  bool dry_run = false;
  bool prune = false;
  WriteOptions write;
};

// A part that was forgotten must not empty the control plane of it.
absl::Status CheckPrune(const DeclarationFile& declaration, const std::string& file) {
  std::vector<std::string> missing;
  if (!declaration.has_providers) missing.emplace_back("providers");
  if (!declaration.has_provider_keys) missing.emplace_back("provider_keys");
  if (!declaration.has_client_keys) missing.emplace_back("client_keys");
  if (!declaration.has_jwt_issuers) missing.emplace_back("jwt_issuers");
  if (missing.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      base::Cat(file, " has no ", absl::StrJoin(missing, ", no "),
                ", and --prune would take all of them away: write ", missing.front(),
                ": [] if there are to be none"));
}

absl::Status CheckSize(const ApplyConfigurationRequest& request, const std::string& file) {
  constexpr size_t kHeadroom = 4096;  // for what else travels with it
  if (request.ByteSizeLong() + kHeadroom <= wire::kMaxMessageBytes) return absl::OkStatus();
  return absl::FailedPreconditionError(
      base::Cat(file, " declares more than fits into one request (", request.ByteSizeLong(),
                " bytes, and it takes ", wire::kMaxMessageBytes - kHeadroom, ")"));
}

void NoteUnresolved(Session& session, const std::vector<std::string>& unresolved) {
  constexpr size_t kMostNamed = 5;
  if (unresolved.empty()) return;
  const size_t named = std::min(unresolved.size(), kMostNamed);
  const std::vector<std::string> first(unresolved.begin(), unresolved.begin() + named);
  session.Note(base::Cat(
      "these keep their secret: ", Printable(absl::StrJoin(first, ", ")),
      unresolved.size() > named ? base::Cat(" and ", unresolved.size() - named, " more") : ""));
}

bool IsChange(const ResourceDiff& resource) {
  return resource.action() != ResourceDiff::ACTION_UNSPECIFIED;
}

void PrintPlan(const ApplyOptions& options, const ApplyConfigurationResponse& response,
               std::ostream& out) {
  google::protobuf::RepeatedPtrField<ResourceDiff> changes;
  for (const ResourceDiff& resource : response.resources()) {
    if (IsChange(resource)) *changes.Add() = resource;
  }
  PrintDiffs(changes, out);
  for (const ResourceDiff& resource : response.resources()) {
    if (IsChange(resource)) continue;
    out << resource.kind() << ' ' << Printable(resource.name()) << " stays revoked\n";
  }
  if (changes.empty()) {
    out << "nothing differs from revision " << response.revision() << '\n';
  } else if (options.dry_run) {
    out << "would change " << changes.size() << (changes.size() == 1 ? " resource" : " resources")
        << " of revision " << response.revision() << "; nothing was changed\n";
  } else {
    out << "applied as revision " << response.revision() << '\n';
  }
}

absl::Status Apply(Session& session, const ApplyOptions& options) {
  absl::StatusOr<DeclarationFile> read = ReadDeclaration(options.file, session.terminal());
  if (!read.ok()) return read.status();
  ApplyConfigurationRequest& request = read->request;
  const std::string file = options.file == "-" ? "standard input" : options.file;
  absl::Status status = options.prune ? CheckPrune(*read, file) : absl::OkStatus();
  if (status.ok()) status = CheckSize(request, file);
  ApplyConfigurationResponse response;
  if (status.ok()) {
    request.set_prune(options.prune);
    request.set_dry_run(options.dry_run);
    options.write.Fill(session, &request);
    NoteUnresolved(session, read->unresolved);
    status = session.Call(&DeclarationService::Stub::ApplyConfiguration, request, &response);
  }
  WipeSecrets(&request);
  if (!status.ok()) return status;
  const auto as_table = [&](std::ostream& out) { PrintPlan(options, response, out); };
  if (options.dry_run) return session.Print(response, as_table);
  return FinishWrite(session, options.write, response, as_table);
}

}  // namespace

void AddDeclarationCommands(CommandList& commands) {
  commands.Add(nullptr, "export", "Print the configuration without its secrets.",
               "sluicectl export > sluice.yaml\nsluicectl export -o json | jq .providers", Export);

  const auto options = std::make_shared<ApplyOptions>();
  CLI::App* command =
      commands.Add(nullptr, "apply", "Make the configuration what a file says.",
                   "sluicectl apply -f sluice.yaml --dry-run\n"
                   "sluicectl apply -f sluice.yaml --prune --if-revision 41 --wait",
                   [options](Session& session) { return Apply(session, *options); });
  command
      ->add_option("-f,--file", options->file,
                   "A file as export prints it; - is standard input.\n"
                   "Secrets do not stand in it: a provider key or\n"
                   "token issuer says from_env or from_file, and keeps\n"
                   "its own without")
      ->required()
      ->option_text("FILE (required)");
  command->add_flag("--dry-run", options->dry_run, "Only show what would change");
  command->add_flag("--prune", options->prune,
                    "Delete providers, provider keys and token issuers\n"
                    "that the file does not name, and revoke such\n"
                    "client keys");
  options->write.AddTo(command);
}

}  // namespace sluice::cli
