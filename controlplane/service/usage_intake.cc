#include "controlplane/service/usage_intake.h"

#include <spdlog/spdlog.h>

#include <exception>
#include <string>

#include "common/base/text.h"
#include "controlplane/publish/session.h"

namespace sluice::service {
namespace {

// Of one transaction: some 30,000 records at most, less than a second of writing.
constexpr size_t kMostBatches = 64;
constexpr absl::Duration kPruneInterval = absl::Minutes(1);
constexpr absl::Duration kLook = absl::Seconds(1);
constexpr absl::Duration kSayInterval = absl::Minutes(1);

}  // namespace

UsageIntake::UsageIntake(store::UsageStore& store, publish::UsageInbox& inbox, BudgetDesk& budgets,
                         const base::Clock& clock, absl::Duration retry,
                         publish::FleetActivity* activity)
    : store_(store),
      inbox_(inbox),
      budgets_(budgets),
      clock_(clock),
      retry_(retry),
      activity_(activity) {
  const auto newest = store_.Newest();
  if (newest.ok() && *newest > absl::UnixEpoch()) counters_.newest = absl::ToUnixMicros(*newest);
  thread_ = std::thread([this] { Run(); });
}

UsageIntake::~UsageIntake() {
  inbox_.Close();
  thread_.join();
}

void UsageIntake::Run() {
  while (!inbox_.closed()) {
    if (hand_.batches.empty()) {
      const bool prune = next_prune_ <= clock_.Now();
      hand_ = inbox_.Take(kMostBatches, prune ? absl::ZeroDuration() : kLook);
    } else {
      hand_.reports = inbox_.TakeReports();
    }
    AnswerReports();
    if (!hand_.batches.empty()) Store();
    PruneIfDue();
    // It is still there: it could not be stored.
    if (!hand_.batches.empty()) inbox_.Pause(retry_);
  }
}

void UsageIntake::Store() {
  absl::StatusOr<store::AddedUsage> added;
  try {
    added = store_.Add(hand_.batches, clock_.Now());
  } catch (const std::exception&) {
    added = absl::InternalError("an unexpected exception");
  }
  if (!added.ok()) return WarnOfFailure(added.status());
  Count(*added);
  budgets_.OnStored(*added);
  TellActivity(*added);
  WarnOfGaps(added->gaps);
  for (size_t i = 0; i < hand_.batches.size(); ++i) {
    hand_.sessions[i]->AckUsage(hand_.batches[i].batch.segment(), added->stored[i]);
  }
  hand_.sessions.clear();
  hand_.batches.clear();
}

// Before the batches: a node sends a report before its batch, or after that is stored.
void UsageIntake::AnswerReports() {
  for (const publish::TakenUsage::Report& report : hand_.reports) {
    try {
      budgets_.Answer(report);
    } catch (const std::exception&) {
      spdlog::error("a report of budgets is not answered: an unexpected exception");
    }
  }
  hand_.reports.clear();
}

void UsageIntake::Count(const store::AddedUsage& added) {
  const auto add = [](std::atomic<uint64_t>& counter, int64_t more) {
    counter.fetch_add(static_cast<uint64_t>(more), std::memory_order_relaxed);
  };
  add(counters_.batches, static_cast<int64_t>(hand_.batches.size()));
  add(counters_.records, added.records);
  add(counters_.duplicates, added.duplicates);
  add(counters_.folded, added.folded);
  for (const store::AddedUsage::Gap& gap : added.gaps) {
    add(counters_.gaps, 1);
    add(counters_.lost, gap.records);
  }
  if (added.records == 0) return;
  const int64_t newest = absl::ToUnixMicros(added.newest);
  if (newest > counters_.newest) counters_.newest = newest;
}

void UsageIntake::TellActivity(const store::AddedUsage& added) {
  if (activity_ == nullptr) return;
  const absl::Time now = clock_.Now();
  for (size_t i = 0; i < hand_.batches.size(); ++i) {
    activity_->Add(hand_.batches[i], added.skipped[i], now);
  }
}

void UsageIntake::PruneIfDue() {
  const absl::Time now = clock_.Now();
  if (now < next_prune_) return;
  absl::StatusOr<bool> more = false;
  try {
    more = store_.Prune(now);
  } catch (const std::exception&) {
    more = absl::InternalError("an unexpected exception");
  }
  if (!more.ok()) WarnOfFailure(more.status());
  if (!more.ok() || !*more) next_prune_ = now + kPruneInterval;
}

void UsageIntake::WarnOfFailure(const absl::Status& status) {
  counters_.failures.fetch_add(1, std::memory_order_relaxed);
  const absl::Time now = clock_.Now();
  if (now - failure_said_ < kSayInterval) return;
  failure_said_ = now;
  spdlog::warn("usage is not stored ({}); the nodes keep theirs, and it is tried again",
               base::ToStd(status.message()));
}

void UsageIntake::WarnOfGaps(const std::vector<store::AddedUsage::Gap>& gaps) {
  const absl::Time now = clock_.Now();
  if (gaps.empty() || now - gap_said_ < kSayInterval) return;
  gap_said_ = now;
  spdlog::warn("node {} has lost {} records of usage before it could tell them{}", gaps[0].node,
               gaps[0].records,
               gaps.size() > 1 ? base::Cat(", and so have others: ", gaps.size(), " gaps") : "");
}

}  // namespace sluice::service
