// `sluicectl status`: the control plane at a glance.
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/table.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

absl::Status GetStatus(Session& session) {
  admin::v1::GetStatusResponse status;
  const absl::Status called = session.Call(&admin::v1::StatusService::Stub::GetStatus,
                                           admin::v1::GetStatusRequest(), &status);
  if (!called.ok()) return called;
  return session.Print(status, [&](std::ostream& out) {
    Table table({"", ""});
    table.AddRow({"control plane", session.site().server});
    table.AddRow({"build", status.build()});
    if (status.has_started_at()) {
      table.AddRow(
          {"started", TimeWithRelativeText(FromProto(status.started_at()), session.now())});
    }
    table.AddRow({"epoch", status.epoch()});
    table.AddRow({"revision", base::Cat(status.revision())});
    table.AddRow({"providers", base::Cat(status.providers())});
    table.AddRow({"provider keys", base::Cat(status.provider_keys())});
    table.AddRow({"client keys", base::Cat(status.client_keys())});
    table.AddRow({"nodes", base::Cat(status.nodes_connected(), " connected, ",
                                     status.nodes_current(), " with the newest revision")});
    table.Print(out);
  });
}

}  // namespace

void AddStatusCommand(CommandList& commands) {
  commands.Add(nullptr, "status", "Show the control plane at a glance.",
               "sluicectl status\nsluicectl status -o json | jq .nodes_current", GetStatus);
}

}  // namespace sluice::cli
