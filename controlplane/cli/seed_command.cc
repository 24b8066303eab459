// `sluicectl node seed`: what a data plane can be born from while no control plane is there.
#include <memory>
#include <string>

#include "common/base/text.h"
#include "controlplane/cli/byte_output.h"
#include "controlplane/cli/groups.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

absl::Status MakeSeed(Session& session, const std::string& to) {
  auto output = ByteOutput::Open(to, session.terminal());
  if (!output.ok()) return output.status();
  admin::v1::CreateSeedResponse response;
  absl::Status status = session.Call(&admin::v1::NodeService::Stub::CreateSeed,
                                     admin::v1::CreateSeedRequest(), &response);
  if (status.ok()) status = output->Append(response.seed());
  if (status.ok()) status = output->Commit();
  if (!status.ok()) return status;
  const std::string line = base::Cat("seed of revision ", response.revision());
  if (!output->is_file()) {
    session.Note(line);
    return absl::OkStatus();
  }
  response.clear_seed();
  return session.Print(response, [&](std::ostream& out) { out << line << " in " << to << '\n'; });
}

}  // namespace

void AddSeedCommand(CommandList& commands, CLI::App* group) {
  const auto to = std::make_shared<std::string>();
  CLI::App* command =
      commands.Add(group, "seed", "Seal the configuration for a node to be born from.",
                   "sluicectl node seed --to sluice.seed\n"
                   "sluicectl node seed > sluice.seed\n"
                   "sluice-dataplane --seed-file sluice.seed --seed-key-file seed.key ...",
                   [to](Session& session) { return MakeSeed(session, *to); });
  command
      ->add_option("--to", *to,
                   "Write this file, whole or not at all; otherwise\n"
                   "standard output. It opens with the file seed.key\n"
                   "beside the control plane's database")
      ->option_text("FILE");
}

}  // namespace sluice::cli
