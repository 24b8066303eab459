#include "controlplane/publish/fleet_activity.h"

#include <algorithm>

#include "controlplane/store/timestamp.h"

namespace sluice::publish {
namespace {

using admin::v1::Activity;
using fleet::v1::UsageRecord;

constexpr int64_t kMostSum = 1'000'000'000'000'000'000;
constexpr int64_t kFutureSlots = 60 / FleetActivity::kSlotSeconds;
constexpr int64_t kPastSlots = FleetActivity::kMostSeconds / FleetActivity::kSlotSeconds;
// More than can be in use at once, so that no two of them share a place.
constexpr int64_t kSlots = kPastSlots + kFutureSlots + 4;

int64_t SlotNumber(absl::Time time) {
  return absl::ToUnixSeconds(time) / FleetActivity::kSlotSeconds;
}

// Both 0 to kMostSum, which is below half of what the type holds.
void Increase(int64_t* sum, int64_t more) {
  *sum = std::min(*sum + std::clamp<int64_t>(more, 0, kMostSum), kMostSum);
}

bool IsFailed(const UsageRecord& record) {
  return static_cast<int>(record.side()) > UsageRecord::NONE || record.status() >= 400;
}

bool IsUpstreams(const UsageRecord& record) {
  if (record.side() == UsageRecord::UPSTREAM) return true;
  return static_cast<int>(record.side()) <= UsageRecord::NONE && record.status() >= 500;
}

template <typename Group, typename Groups>
Group& Of(const std::string& name, size_t most, Groups* groups) {
  const auto found = groups->find(name);
  if (found != groups->end()) return found->second;
  if (groups->size() < most) return (*groups)[name];
  return (*groups)[std::string(FleetActivity::kOthers)];
}

}  // namespace

// Of one name, over all slots asked for.
class FleetActivity::Sum {
 public:
  void Add(const Group& group) {
    Increase(&sums_.requests, group.requests);
    Increase(&sums_.failed, group.failed);
    Increase(&sums_.failed_upstream, group.failed_upstream);
    Increase(&sums_.tokens, group.tokens);
    Increase(&sums_.cost_nanos, group.cost_nanos);
    Increase(&sums_.unpriced, group.unpriced);
    Increase(&sums_.bytes_down, group.bytes_down);
    first_byte_.Add(group.first_byte);
    duration_.Add(group.duration);
  }
  int64_t requests() const { return sums_.requests; }
  void Write(std::string_view name, Activity* out) const {
    out->set_name(std::string(name));
    out->set_requests(sums_.requests);
    out->set_failed(sums_.failed);
    out->set_failed_upstream(sums_.failed_upstream);
    out->set_refused(sums_.failed - sums_.failed_upstream);
    out->set_tokens(sums_.tokens);
    out->set_cost_nanos(sums_.cost_nanos);
    out->set_unpriced_requests(sums_.unpriced);
    out->set_bytes_down(sums_.bytes_down);
    out->set_first_byte_p50_us(first_byte_.Percentile(0.5));
    out->set_first_byte_p95_us(first_byte_.Percentile(0.95));
    out->set_duration_p50_us(duration_.Percentile(0.5));
    out->set_duration_p95_us(duration_.Percentile(0.95));
  }

 private:
  Group sums_;  // without its bins
  LatencySum first_byte_;
  LatencySum duration_;
};

FleetActivity::FleetActivity() : slots_(kSlots) {}

FleetActivity::Slot* FleetActivity::SlotOf(absl::Time ended, absl::Time now) {
  const int64_t number = SlotNumber(ended);
  const int64_t newest = SlotNumber(now);
  if (number < newest - kPastSlots || ended > now + absl::Minutes(1)) return nullptr;
  Slot& slot = slots_[static_cast<size_t>(number % kSlots)];
  if (slot.number != number) {
    slot = Slot();
    slot.number = number;
  }
  return &slot;
}

void FleetActivity::Add(const store::NodeUsage& usage, int64_t skipped, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  for (auto i = static_cast<int>(skipped); i < usage.batch.records_size(); ++i) {
    const UsageRecord& record = usage.batch.records(i);
    Slot* slot = SlotOf(store::ToTime(record.ended_at()), now);
    if (slot != nullptr) AddRecord(usage.node, record, slot);
  }
}

void FleetActivity::AddRecord(const std::string& node, const UsageRecord& record, Slot* slot) {
  AddTo(&slot->total, record, slot);
  AddTo(&Of<Group>(node, kMostNodes, &slot->nodes), record, slot);
  AddTo(&Of<Group>(record.provider(), kMostProviders, &slot->providers), record, slot);
  AddTo(&Of<Group>(record.client_key_id(), kMostClientKeys, &slot->client_keys), record, slot);
}

void FleetActivity::AddTo(Group* group, const UsageRecord& record, Slot* slot) {
  const int64_t requests = std::max<int64_t>(1, record.requests());
  Increase(&group->requests, requests);
  if (IsFailed(record)) Increase(&group->failed, requests);
  if (IsUpstreams(record)) Increase(&group->failed_upstream, requests);
  Increase(&group->tokens, record.input_tokens());
  Increase(&group->tokens, record.output_tokens());
  Increase(&group->cost_nanos, record.cost_nanos());
  const bool used = record.input_tokens() > 0 || record.output_tokens() > 0;
  if (used && !record.has_cost_nanos()) Increase(&group->unpriced, requests);
  Increase(&group->bytes_down, record.bytes_down());
  const auto measure = [&](LatencyBins* bins, int64_t sum) {
    if (sum <= 0) return;
    slot->bins += bins->Add(sum / requests, requests, slot->bins < kMostBins) ? 1 : 0;
  };
  measure(&group->first_byte, record.first_byte_us());
  measure(&group->duration, record.duration_us());
}

// Each slot has its names; all together have as many as one.
void FleetActivity::Gather(const Groups& groups, size_t most, Sums* sums) {
  for (const auto& [name, group] : groups) {
    const bool fits = sums->size() <= most || sums->contains(name);
    (*sums)[fits ? std::string_view(name) : kOthers].Add(group);
  }
}

void FleetActivity::List(const Sums& sums, google::protobuf::RepeatedPtrField<Activity>* list) {
  std::vector<Sums::const_iterator> order;
  for (auto one = sums.begin(); one != sums.end(); ++one) order.push_back(one);
  std::stable_sort(order.begin(), order.end(), [](const auto& one, const auto& other) {
    return one->second.requests() > other->second.requests();
  });
  for (const auto& one : order) {
    if (list->size() == kMostListed) return;
    one->second.Write(one->first, list->Add());
  }
}

admin::v1::GetActivityResponse FleetActivity::Read(int seconds, absl::Time now) const {
  const int64_t newest = SlotNumber(now);
  const int64_t oldest = SlotNumber(now - absl::Seconds(std::clamp(seconds, 1, kMostSeconds)));
  admin::v1::GetActivityResponse response;
  *response.mutable_until() = store::ToTimestamp(now);
  response.set_seconds(static_cast<int32_t>(absl::ToUnixSeconds(now) - oldest * kSlotSeconds));
  Sum total;
  Sums nodes;
  Sums providers;
  Sums client_keys;
  absl::MutexLock lock(&mutex_);
  for (int64_t number = oldest; number <= newest; ++number) {
    const Slot& slot = slots_[static_cast<size_t>(number % kSlots)];
    if (slot.number != number) continue;
    total.Add(slot.total);
    Gather(slot.nodes, kMostNodes, &nodes);
    Gather(slot.providers, kMostProviders, &providers);
    Gather(slot.client_keys, kMostClientKeys, &client_keys);
  }
  total.Write("", response.mutable_total());
  List(nodes, response.mutable_nodes());
  List(providers, response.mutable_providers());
  List(client_keys, response.mutable_client_keys());
  return response;
}

}  // namespace sluice::publish
