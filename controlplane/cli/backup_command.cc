// `sluicectl backup`: the whole database, while it is in use.
#include <memory>
#include <string>

#include "common/base/text.h"
#include "common/crypto/sha256_stream.h"
#include "controlplane/cli/byte_output.h"
#include "controlplane/cli/groups.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::BackupChunk;
using admin::v1::BackupService;

// What came, measured against what was announced.
class Arrival {
 public:
  absl::Status Take(const BackupChunk& chunk, ByteOutput& output) {
    if (first_) summary_ = chunk;
    first_ = false;
    received_ += static_cast<int64_t>(chunk.bytes().size());
    digest_.Update(chunk.bytes());
    if (!chunk.sha256().empty()) summary_.set_sha256(chunk.sha256());
    return output.Append(chunk.bytes());
  }
  absl::Status CheckWhole() const {
    if (received_ == summary_.size() && digest_.Digest() == summary_.sha256()) {
      return absl::OkStatus();
    }
    return absl::DataLossError(
        base::Cat("the backup did not arrive whole (", received_, " of ", summary_.size(),
                  " bytes, or others than were sent): throw it away and take it again"));
  }
  // Revision, size and digest.
  BackupChunk Summary() const {
    BackupChunk summary = summary_;
    summary.clear_bytes();
    return summary;
  }

 private:
  bool first_ = true;
  BackupChunk summary_;
  int64_t received_ = 0;
  crypto::Sha256Stream digest_;
};

absl::Status Receive(Session& session, ByteOutput& output, Arrival* arrival) {
  grpc::ClientContext context;
  session.Prepare(&context, session.site().timeout);
  BackupService::Stub stub(session.channel());
  const auto reader = stub.CreateBackup(&context, admin::v1::CreateBackupRequest());
  BackupChunk chunk;
  absl::Status taken;
  while (taken.ok() && reader->Read(&chunk)) taken = arrival->Take(chunk, output);
  if (!taken.ok()) context.TryCancel();
  const grpc::Status ended = reader->Finish();
  return taken.ok() ? Explain(ended, session.site()) : taken;
}

absl::Status TakeBackup(Session& session, const std::string& to) {
  auto output = ByteOutput::Open(to, session.terminal());
  if (!output.ok()) return output.status();
  Arrival arrival;
  absl::Status status = Receive(session, *output, &arrival);
  if (status.ok()) status = arrival.CheckWhole();
  if (status.ok()) status = output->Commit();
  if (!status.ok()) return status;
  const BackupChunk summary = arrival.Summary();
  const std::string line =
      base::Cat("backup of revision ", summary.revision(), ", ", summary.size(), " bytes");
  if (!output->is_file()) {
    session.Note(line);
    return absl::OkStatus();
  }
  return session.Print(summary, [&](std::ostream& out) { out << line << " in " << to << '\n'; });
}

}  // namespace

void AddBackupCommand(CommandList& commands) {
  const auto to = std::make_shared<std::string>();
  CLI::App* command = commands.Add(nullptr, "backup", "Copy the database while it is in use.",
                                   "sluicectl backup --to sluice.backup\n"
                                   "sluicectl backup --timeout 10m > sluice.backup",
                                   [to](Session& session) { return TakeBackup(session, *to); });
  command
      ->add_option("--to", *to,
                   "Write this file, whole or not at all; otherwise\n"
                   "standard output. It holds sealed secrets and opens\n"
                   "only with the master key. --timeout is for all of\n"
                   "it. sluice-controlplane --restore puts it back")
      ->option_text("FILE");
}

}  // namespace sluice::cli
