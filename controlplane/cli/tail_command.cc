// `sluicectl tail`: requests of the whole fleet as they end.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/base/status_filter.h"
#include "common/base/text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/interruption.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/tail_text.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::TailRequest;
using admin::v1::TailResponse;
using admin::v1::UsageService;

// Longer than anybody watches.
constexpr absl::Duration kWatchTime = absl::Hours(24 * 3650);
constexpr absl::Duration kNoteInterval = absl::Seconds(1);

struct TailOptions {
  std::string key;
  std::string provider;
  std::string node;
  std::string status;
  bool failed = false;
  int64_t limit = 0;  // 0: none
  int32_t rate = 0;
};

// 0 for "", 5 for "5xx", 429 for "429"; nothing else is a status.
std::optional<int> StatusOf(const std::string& text) {
  if (text.empty()) return 0;
  const bool is_class = text.size() == 3 && text.ends_with("xx");
  int status = 0;
  if (!absl::SimpleAtoi(is_class ? text.substr(0, 1) : text, &status)) return std::nullopt;
  if (status == 0 || !base::IsStatusFilter(status) || is_class != (status <= 5)) {
    return std::nullopt;
  }
  return status;
}

CLI::Validator StatusText() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        if (!text.empty() && StatusOf(text).has_value()) return "";
        return base::Cat("must be a status such as 429, or a class such as 5xx, not \"", text,
                         "\"");
      },
      "");
}

TailRequest RequestOf(const TailOptions& options) {
  TailRequest request;
  request.set_client_key(options.key);
  request.set_provider(options.provider);
  request.set_node(options.node);
  request.set_status(StatusOf(options.status).value_or(0));  // checked while it was parsed
  request.set_failed_only(options.failed);
  request.set_lines_per_second(options.rate);
  return request;
}

// Prints what comes, and says now and then how much did not.
class TailPrinter {
 public:
  TailPrinter(Session& session, int64_t limit) : session_(session), limit_(limit) {}

  absl::Status Begin() { return json() ? absl::OkStatus() : session_.PrintText(TailHeader()); }
  absl::Status Take(const TailResponse& response) {
    std::string text;
    for (const std::string& line : response.lines()) {
      if (full()) break;
      text += json() ? line + "\n" : TailLineText(line);
      ++printed_;
    }
    left_out_ += response.left_out();
    if (session_.now() - noted_ >= kNoteInterval) NoteLeftOut();
    return text.empty() ? absl::OkStatus() : session_.PrintText(text);
  }
  bool full() const { return limit_ > 0 && printed_ >= limit_; }
  void NoteLeftOut() {
    if (left_out_ == 0) return;
    session_.Note(
        base::Cat("(", left_out_, left_out_ == 1 ? " request" : " requests", " left out)"));
    left_out_ = 0;
    noted_ = session_.now();
  }

 private:
  bool json() const { return session_.output() == OutputFormat::kJson; }

  Session& session_;
  const int64_t limit_;
  int64_t printed_ = 0;
  int64_t left_out_ = 0;
  absl::Time noted_ = absl::InfinitePast();
};

absl::Status Tail(Session& session, const TailOptions& options) {
  if (session.output() == OutputFormat::kYaml) {
    return absl::InvalidArgumentError("-o yaml is not for sluicectl tail; it has table and json");
  }
  grpc::ClientContext context;
  session.Prepare(&context, kWatchTime);
  const Interruption interruption([&context] { context.TryCancel(); });
  UsageService::Stub stub(session.channel());
  const auto reader = stub.Tail(&context, RequestOf(options));
  TailPrinter printer(session, options.limit);
  TailResponse response;
  absl::Status printed;
  bool begun = false;
  while (printed.ok() && !printer.full() && reader->Read(&response)) {
    // The first message says that the watch has begun.
    if (!std::exchange(begun, true)) printed = printer.Begin();
    if (printed.ok()) printed = printer.Take(response);
  }
  const bool done = printer.full() || !printed.ok() || interruption.came();
  if (done) context.TryCancel();
  const grpc::Status ended = reader->Finish();
  printer.NoteLeftOut();
  if (done || interruption.came()) return printed;
  if (!ended.ok()) return Explain(ended, session.site());
  return absl::UnavailableError(
      base::Cat("the control plane at ", session.site().server, " ended the tail"));
}

}  // namespace

void AddTailCommand(CommandList& commands) {
  const auto options = std::make_shared<TailOptions>();
  CLI::App* tail = commands.Add(nullptr, "tail", "Show requests of the whole fleet as they end.",
                                "sluicectl tail --provider openai --status 5xx\n"
                                "sluicectl tail --key reports --limit 10 -o json",
                                [options](Session& session) { return Tail(session, *options); });
  tail->add_option("--key", options->key,
                   "Only that client key, by name or id, or\nISSUER:DIGEST of a token")
      ->option_text("KEY");
  tail->add_option("--provider", options->provider, "Only that provider")->option_text("NAME");
  tail->add_option("--node", options->node, "Only that data plane")->option_text("ID");
  tail->add_option("--status", options->status, "Only that status, or that class: 429, 5xx")
      ->option_text("STATUS")
      ->check(StatusText());
  tail->add_flag("--failed", options->failed,
                 "Only what did not go through; a provider's own\nerror did");
  tail->add_option("--limit", options->limit, "End after so many (default: with Ctrl-C)")
      ->option_text("N")
      ->check(NumberBetween(1, 1'000'000'000));
  tail->add_option("--rate", options->rate,
                   "At most so many a second of each data plane\n(default 50); the rest is counted")
      ->option_text("N")
      ->check(NumberBetween(1, 1000));
}

}  // namespace sluice::cli
