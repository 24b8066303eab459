#include "controlplane/publish/revision_wait.h"

namespace sluice::publish {
namespace {

// Names in one message: enough to look for the trouble, and a bound for a large fleet.
constexpr int kMaxNamed = 50;

}  // namespace

RevisionWait::RevisionWait(int64_t revision, const std::vector<Answer>& nodes,
                           WaitListener& listener)
    : revision_(revision), listener_(&listener) {
  absl::MutexLock lock(&mutex_);
  total_ = static_cast<int>(nodes.size());
  for (const Answer& answer : nodes) {
    waiting_.insert(answer.node);
    Note(answer);
  }
}

RevisionWait::Verdict RevisionWait::VerdictOn(const Answer& answer) const {
  if (answer.acked_revision >= revision_) return Verdict::kAcked;
  return answer.refused_revision >= revision_ ? Verdict::kRefused : Verdict::kNone;
}

// Returns whether anything is different now. An acknowledgement ends a refusal, since a later
// revision may have mended what the node refused; nothing ends an acknowledgement.
bool RevisionWait::Note(const Answer& answer) {
  switch (VerdictOn(answer)) {
    case Verdict::kNone:
      return false;
    case Verdict::kAcked:
      return waiting_.erase(answer.node) + refused_.erase(answer.node) > 0;
    case Verdict::kRefused:
      if (waiting_.erase(answer.node) == 0) return false;
      refused_[answer.node] = answer.reason;
      return true;
  }
  return false;
}

void RevisionWait::Announce() {
  absl::MutexLock lock(&mutex_);
  announced_ = true;
  Tell();
}

void RevisionWait::Take(const Answer& answer) {
  absl::MutexLock lock(&mutex_);
  if (Note(answer) && announced_) Tell();
}

void RevisionWait::Detach() {
  absl::MutexLock lock(&mutex_);
  listener_ = nullptr;
}

void RevisionWait::Tell() {
  if (listener_ == nullptr) return;
  admin::v1::WaitProgress progress;
  progress.set_revision(revision_);
  progress.set_total(total_);
  progress.set_acked(total_ - static_cast<int>(waiting_.size() + refused_.size()));
  progress.set_done(waiting_.empty() && refused_.empty());
  for (const std::string& node : waiting_) {
    if (progress.waiting_for_size() == kMaxNamed) break;
    progress.add_waiting_for(node);
  }
  for (const auto& [node, reason] : refused_) {
    if (progress.refusals_size() == kMaxNamed) break;
    auto* refusal = progress.add_refusals();
    refusal->set_node(node);
    refusal->set_reason(reason);
  }
  listener_->OnProgress(progress, waiting_.empty());
}

}  // namespace sluice::publish
