#include "dataplane/observe/usage_fold.h"

#include <utility>

#include "common/base/text.h"
#include "dataplane/observe/usage_record.h"

namespace sluice::observe {
namespace {

using fleet::v1::UsageRecord;

// Hours apart are told apart: the accounts are by the hour.
constexpr int64_t kHour = 3600;

std::string GroupOf(const UsageRecord& record) {
  return base::Cat(record.ended_at().seconds() / kHour, "\n", record.client_key_id(), "\n",
                   record.provider(), "\n", record.provider_key_id(), "\n", record.model(), "\n",
                   record.status(), "\n", static_cast<int>(record.side()), "\n",
                   static_cast<int>(record.quality()), "\n", record.has_cost_nanos() ? 1 : 0);
}

void ForgetModel(UsageRecord* record) {
  record->set_model(UsageFold::kOthers);
  record->clear_provider_key_id();
}

void ForgetWho(UsageRecord* record) {
  ForgetModel(record);
  record->set_client_key_id(UsageFold::kOthers);
  record->set_provider(UsageFold::kOthers);
}

}  // namespace

void UsageFold::Add(UsageRecord record) {
  std::string group = GroupOf(record);
  if (groups_.size() >= kMostGroups && !groups_.contains(group)) {
    ForgetModel(&record);
    group = GroupOf(record);
    if (groups_.size() >= 2 * kMostGroups && !groups_.contains(group)) {
      ForgetWho(&record);
      group = GroupOf(record);
    }
  }
  record.clear_request_id();
  const auto [at, first] = groups_.try_emplace(std::move(group), record);
  if (first) return;
  *at->second.mutable_ended_at() = record.ended_at();
  AddUsage(record, &at->second);
}

std::vector<UsageRecord> UsageFold::Take() {
  std::vector<UsageRecord> records;
  records.reserve(groups_.size());
  for (auto& [group, record] : groups_) records.push_back(std::move(record));
  groups_.clear();
  return records;
}

}  // namespace sluice::observe
