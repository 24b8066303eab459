// `sluicectl secrets`: the master keys that everything secret in the database is sealed under.
#include <memory>
#include <string>

#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/table.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::GetSecretsStatusResponse;
using admin::v1::RotateMasterKeyProgress;
using admin::v1::SecretService;

std::string StateOf(const GetSecretsStatusResponse::MasterKey& key, bool only) {
  if (!key.available()) return "missing";
  if (key.newest()) return only ? "in use" : "newest: seals what is written";
  return key.secrets() > 0 ? "in use" : "no secret is under it";
}

absl::Status ShowStatus(Session& session) {
  GetSecretsStatusResponse response;
  const absl::Status called = session.Call(&SecretService::Stub::GetSecretsStatus,
                                           admin::v1::GetSecretsStatusRequest(), &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"MASTER KEY", "SECRETS", "STATE"});
    for (const auto& key : response.master_keys()) {
      table.AddRow({key.id(), std::to_string(key.secrets()),
                    StateOf(key, response.master_keys_size() == 1)});
    }
    table.Print(out);
  });
}

absl::Status Rotate(Session& session, const std::string& limit) {
  grpc::ClientContext context;
  absl::Duration patience = absl::Hours(24);
  if (!limit.empty()) {
    const auto given = ParseDuration(limit);
    if (!given.ok()) return given.status();
    patience = *given;
  }
  session.Prepare(&context, patience);
  SecretService::Stub stub(session.channel());
  const auto reader = stub.RotateMasterKey(&context, admin::v1::RotateMasterKeyRequest());
  RotateMasterKeyProgress progress;
  absl::Status printed;
  while (printed.ok() && reader->Read(&progress)) {
    printed = session.PrintNext(progress, [&](std::ostream& out) {
      out << progress.under_newest() << " of " << progress.total()
          << " secrets are under the newest master key"
          << (progress.done() ? "; the others can be taken away" : "") << std::endl;
    });
  }
  if (!printed.ok()) context.TryCancel();
  const absl::Status ended = Explain(reader->Finish(), session.site());
  if (!printed.ok()) return printed;
  if (ended.ok() && progress.done()) return absl::OkStatus();
  if (!ended.ok() && progress.total() == 0) return ended;  // it did not begin
  return absl::UnavailableError(base::Cat(
      "the rotation is not done", ended.ok() ? "" : base::Cat(": ", base::ToStd(ended.message())),
      "; what is done stays done, and the same command goes on from there"));
}

}  // namespace

void AddSecretsCommands(CommandList& commands) {
  CLI::App* group = commands.AddGroup("secrets", "The master keys that seal provider keys.");
  commands.Add(group, "status", "List the master keys, by public id, and what is under each.",
               "sluicectl secrets status", ShowStatus);
  const auto limit = std::make_shared<std::string>();
  CLI::App* rotate =
      commands.Add(group, "rotate-master", "Seal all secrets under the newest master key.",
                   "sluicectl secrets rotate-master",
                   [limit](Session& session) { return Rotate(session, *limit); });
  rotate->add_option("--for", *limit, "Stop after this time (default 24h); run again to go on")
      ->option_text("DURATION");
}

}  // namespace sluice::cli
