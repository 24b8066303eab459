// `sluicectl provider-key refresh`: the control plane reads its references anew.
#include <memory>
#include <string>

#include "common/base/text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/write_options.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

struct RefreshOptions {
  std::string provider;
  std::string name;
  std::string wait;
};

void PrintOutcome(const admin::v1::RefreshProviderKeysResponse& response, std::ostream& out) {
  for (const std::string& id : response.changed()) {
    out << "provider key " << Printable(id) << " has a new text\n";
  }
  for (const std::string& failure : response.failed()) out << Printable(failure) << '\n';
  out << response.changed_size() << (response.changed_size() == 1 ? " key" : " keys")
      << " changed, " << response.failed_size() << " failed, revision " << response.revision()
      << '\n';
}

absl::Status Refresh(Session& session, const RefreshOptions& options) {
  admin::v1::RefreshProviderKeysRequest request;
  if (options.provider.empty() != options.name.empty()) {
    return absl::InvalidArgumentError("give both the provider and the key's name, or neither");
  }
  if (!options.name.empty()) {
    request.mutable_ref()->set_provider(options.provider);
    request.mutable_ref()->set_name(options.name);
  }
  admin::v1::RefreshProviderKeysResponse response;
  const absl::Status called =
      session.Call(&admin::v1::ProviderKeyService::Stub::RefreshProviderKeys, request, &response);
  if (!called.ok()) return called;
  const absl::Status finished =
      FinishWrite(session, WaitOnly(options.wait), response,
                  [&](std::ostream& out) { PrintOutcome(response, out); });
  if (!finished.ok() || response.failed().empty()) return finished;
  return absl::FailedPreconditionError(
      base::Cat(response.failed_size(), response.failed_size() == 1 ? " key keeps" : " keys keep",
                " the text it had, because its reference could not be read"));
}

}  // namespace

void AddProviderKeyRefresh(CommandList& commands, CLI::App* group) {
  const auto options = std::make_shared<RefreshOptions>();
  CLI::App* command =
      commands.Add(group, "refresh", "Read the references of keys anew.",
                   "sluicectl provider-key refresh\n"
                   "sluicectl provider-key refresh openai main --wait",
                   [options](Session& session) { return Refresh(session, *options); });
  command->add_option("PROVIDER", options->provider, "Only a key of this provider")
      ->option_text(" ");
  command->add_option("NAME", options->name, "The key's name")->option_text(" ");
  AddWait(command, &options->wait);
}

}  // namespace sluice::cli
