#include "controlplane/cli/write_options.h"

#include "controlplane/cli/acknowledgement.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/option_checks.h"

namespace sluice::cli {

namespace {

// What CLI11 gives for a flag without a value.
constexpr std::string_view kNoValue = "true";
constexpr absl::Duration kDefaultWait = absl::Seconds(30);

CLI::Validator WaitLimit() {
  return CLI::Validator(
      [](std::string& text) { return text == kNoValue ? "" : PositiveDuration()(text); }, "");
}

}  // namespace

void AddWait(CLI::App* command, std::string* wait) {
  command
      ->add_flag("--wait", *wait,
                 "Return when every connected node has\n"
                 "acknowledged the change, at most after DURATION\n"
                 "(default 30s); exit code 3 if time runs out")
      ->option_text("[=DURATION]")
      ->check(WaitLimit());
}

WriteOptions WaitOnly(const std::string& wait) {
  WriteOptions options;
  options.wait = wait;
  return options;
}

void WriteOptions::AddTo(CLI::App* command) {
  AddWait(command, &wait);
  expected_revision_option =
      command
          ->add_option("--if-revision", expected_revision,
                       "Refuse the change unless this is still the\nnewest revision")
          ->option_text("REVISION")
          ->check(RevisionNumber());
  CLI::Option* canary_option = command
                                   ->add_option("--canary", canary,
                                                "Change only these nodes until `rollout promote`:\n"
                                                "LABEL=VALUE, or a part of the fleet such as 10%")
                                   ->option_text("NODES");
  command
      ->add_option("--canary-max-errors", canary_max_errors,
                   "Take it back by itself when more of the canaries'\n"
                   "requests fail, e.g. 2%")
      ->option_text("PERCENT")
      ->needs(canary_option);
}

absl::Status AwaitIfAsked(Session& session, const WriteOptions& options, int64_t revision) {
  if (options.wait.empty()) return absl::OkStatus();
  const absl::StatusOr<absl::Duration> limit =
      options.wait == kNoValue ? kDefaultWait : ParseDuration(options.wait);
  if (!limit.ok()) return limit.status();
  return AwaitAcknowledgement(session, revision, *limit);
}

}  // namespace sluice::cli
