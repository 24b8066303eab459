#include "controlplane/cli/write_options.h"

#include "controlplane/cli/acknowledgement.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/option_checks.h"

namespace sluice::cli {

void WriteOptions::AddTo(CLI::App* command) {
  command
      ->add_flag("--wait{30s}", wait,
                 "Return when every connected node has acknowledged the change, at most\n"
                 "after DURATION: --wait (30s) or --wait=5m. Exit code 3 if time runs out")
      ->option_text("[=DURATION]")
      ->check(PositiveDuration());
  expected_revision_option =
      command
          ->add_option("--expected-revision", expected_revision,
                       "Refuse the change unless this is still the newest revision")
          ->option_text("REVISION")
          ->check(RevisionNumber());
}

absl::Status AwaitIfAsked(Session& session, const WriteOptions& options, int64_t revision) {
  if (options.wait.empty()) return absl::OkStatus();
  const absl::StatusOr<absl::Duration> limit = ParseDuration(options.wait);
  if (!limit.ok()) return limit.status();
  return AwaitAcknowledgement(session, revision, *limit);
}

}  // namespace sluice::cli
