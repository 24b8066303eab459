#include "controlplane/cli/acknowledgement.h"

#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/table.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::WaitProgress;

// The control plane names only so many of a large fleet; how many there are follows from the sums.
struct Stragglers {
  int silent = 0;
  int refused = 0;
};

Stragglers CountOf(const WaitProgress& progress) {
  Stragglers count{progress.waiting_for_size(), progress.refusals_size()};
  const int unnamed = progress.total() - progress.acked() - count.silent - count.refused;
  if (unnamed > 0) (count.silent >= count.refused ? count.silent : count.refused) += unnamed;
  return count;
}

std::string NodeNames(const WaitProgress& progress) {
  constexpr int kMostNames = 20;
  std::vector<std::string> names;
  for (const std::string& node : progress.waiting_for()) {
    if (static_cast<int>(names.size()) == kMostNames) break;
    names.push_back(Printable(node));
  }
  const int more = CountOf(progress).silent - static_cast<int>(names.size());
  const std::string tail = more > 0 ? base::Cat(" and ", more, " more") : std::string();
  return base::Cat(absl::StrJoin(names, ", "), tail);
}

std::string RefusalText(const WaitProgress& progress) {
  return absl::StrJoin(
      progress.refusals(), "; ", [](std::string* out, const WaitProgress::Refusal& refusal) {
        *out += base::Cat(Printable(refusal.node()), ": ", Printable(refusal.reason()));
      });
}

// Each reason once: many nodes refuse one thing.
std::string ReasonsText(const WaitProgress& progress) {
  std::set<std::string> reasons;
  for (const auto& refusal : progress.refusals()) reasons.insert(Printable(refusal.reason()));
  return absl::StrJoin(reasons, " / ");
}

// A line that overwrites itself on a terminal; elsewhere a line for every change.
class ProgressLine {
 public:
  explicit ProgressLine(const Terminal& terminal) : terminal_(terminal) {}
  ~ProgressLine() {
    if (terminal_.err_is_tty && !shown_.empty()) *terminal_.err << '\n' << std::flush;
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(std::string text) {
    if (text == shown_) return;
    shown_ = std::move(text);
    if (terminal_.err_is_tty) {
      constexpr std::string_view kClearLine = "\r\x1b[K";
      *terminal_.err << kClearLine << shown_ << std::flush;
    } else {
      *terminal_.err << shown_ << '\n' << std::flush;
    }
  }

 private:
  const Terminal& terminal_;
  std::string shown_;
};

absl::Status Outcome(const grpc::Status& ended, const WaitProgress& last, const CallSite& site,
                     int64_t revision, absl::Duration limit) {
  const std::string committed = base::Cat("revision ", revision, " is committed, but ");
  if (last.refusals_size() > 0) {
    const std::string silent =
        last.waiting_for_size() > 0 ? base::Cat("; no answer from ", NodeNames(last)) : "";
    return absl::AbortedError(base::Cat(committed, "refused by ", RefusalText(last), silent,
                                        " (a node that refuses keeps serving what it had)"));
  }
  if (ended.ok() && last.done()) return absl::OkStatus();
  if (ended.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    const std::string who = last.waiting_for_size() > 0
                                ? base::Cat("by ", NodeNames(last), " (", last.acked(), " of ",
                                            last.total(), " have it)")
                                : std::string("by every node");
    return absl::DeadlineExceededError(
        base::Cat(committed, "not acknowledged within ", DurationText(limit), " ", who));
  }
  const std::string why = ended.ok() ? "the control plane stopped reporting"
                                     : std::string(Explain(ended, site).message());
  return absl::UnavailableError(base::Cat(committed, "waiting for the nodes failed: ", why));
}

}  // namespace

std::string ProgressText(const WaitProgress& progress) {
  const Stragglers stragglers = CountOf(progress);
  std::string text = base::Cat("acked ", progress.acked(), "/", progress.total());
  if (stragglers.refused > 0) {
    text += base::Cat(", ", stragglers.refused, " refused: ", ReasonsText(progress));
  }
  if (stragglers.silent > 0) text += base::Cat("; waiting for ", NodeNames(progress));
  return text;
}

absl::Status AwaitAcknowledgement(Session& session, int64_t revision, absl::Duration limit) {
  grpc::ClientContext context;
  session.Prepare(&context, limit);
  admin::v1::WaitForRevisionRequest request;
  request.set_revision(revision);
  admin::v1::NodeService::Stub stub(session.channel());
  const auto reader = stub.WaitForRevision(&context, request);
  WaitProgress last;
  {
    ProgressLine line(session.terminal());
    WaitProgress progress;
    while (reader->Read(&progress)) {
      if (progress.total() > 0) line.Show(ProgressText(progress));
      last = progress;
    }
  }
  const absl::Status outcome = Outcome(reader->Finish(), last, session.site(), revision, limit);
  if (outcome.ok() && last.total() == 0) {
    session.Note("no node is connected, so nobody had to acknowledge");
  }
  return outcome;
}

}  // namespace sluice::cli
