#include "controlplane/publish/fleet_key_health.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/wire/field_text.h"

namespace sluice::publish {
namespace {

using fleet::v1::ProviderKeyState;

constexpr size_t kLongestReason = 128;
constexpr int64_t kLatestSecond = 253'402'300'799;  // of the year 9999
constexpr absl::Duration kKeptFor = absl::Hours(1);
constexpr absl::Duration kMostAhead = absl::Minutes(1);

bool IsTime(const google::protobuf::Timestamp& time) {
  return time.seconds() >= 0 && time.seconds() <= kLatestSecond && time.nanos() >= 0 &&
         time.nanos() < 1'000'000'000;
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

bool IsSound(const ProviderKeyState& state) {
  return wire::IsResourceId(state.provider_key_id()) &&
         state.health() >= ProviderKeyState::HEALTHY &&
         state.health() <= ProviderKeyState::EXHAUSTED && IsTime(state.since()) &&
         IsTime(state.until());
}

bool IsOver(const ProviderKeyState& state, absl::Time now) {
  return state.health() == ProviderKeyState::HEALTHY ||
         (state.health() == ProviderKeyState::COOLING && TimeOf(state.until()) <= now);
}

std::string NameOf(const ProviderKeyState& state, absl::Time now) {
  if (IsOver(state, now)) return "healthy";
  return base::Lower(ProviderKeyState::Health_Name(state.health()));
}

// How bad: a key that is refused needs somebody, one that cools does not.
int RankOf(std::string_view name) {
  if (name == "suspended") return 3;
  if (name == "exhausted") return 2;
  return name == "cooling" ? 1 : 0;
}

template <typename View>
void Fill(const ProviderKeyState& state, absl::Time now, View* view) {
  view->set_state(NameOf(state, now));
  view->set_reason(state.reason());
  *view->mutable_since() = state.since();
  if (!IsOver(state, now)) *view->mutable_until() = state.until();
}

}  // namespace

bool FleetKeyHealth::Take(const std::string& node, const fleet::v1::KeyHealth& told,
                          absl::Time now) {
  absl::MutexLock lock(&mutex_);
  bool news = false;
  for (const ProviderKeyState& state : told.keys()) {
    if (!IsSound(state)) continue;
    ProviderKeyState kept = state;
    std::string reason = base::Escaped(state.reason());
    if (reason.size() > kLongestReason) reason.resize(kLongestReason);
    kept.set_reason(std::move(reason));
    // A clock that is far ahead must not have the last word for ever.
    if (TimeOf(state.since()) > now + kMostAhead) {
      kept.mutable_since()->set_seconds(absl::ToUnixSeconds(now + kMostAhead));
    }
    if (TakeOne(node, std::move(kept), now)) news = true;
  }
  return news;
}

bool FleetKeyHealth::TakeOne(const std::string& node, State state, absl::Time now) {
  const std::string& key = state.provider_key_id();
  auto found = latest_.find(key);
  if (found == latest_.end()) {
    if (latest_.size() >= kMostKeys) ForgetOld(now);
    if (latest_.size() >= kMostKeys) return false;
    found = latest_.emplace(key, Latest()).first;
  }
  views_[key][node] = state;
  Latest& latest = found->second;
  if (latest.version != 0 && TimeOf(state.since()) <= TimeOf(latest.state.since())) return false;
  if (latest.version != 0) by_version_.erase(latest.version);
  latest = {std::move(state), node, ++version_};
  by_version_[latest.version] = found->first;
  return true;
}

void FleetKeyHealth::ForgetOld(absl::Time now) {
  for (auto entry = latest_.begin(); entry != latest_.end();) {
    const State& state = entry->second.state;
    const absl::Time last = std::max(TimeOf(state.since()), TimeOf(state.until()));
    if (last + kKeptFor >= now) {
      ++entry;
      continue;
    }
    by_version_.erase(entry->second.version);
    views_.erase(entry->first);
    entry = latest_.erase(entry);
  }
}

void FleetKeyHealth::Leave(const std::string& node) {
  absl::MutexLock lock(&mutex_);
  for (auto& [key, nodes] : views_) nodes.erase(node);
  std::erase_if(views_, [](const auto& entry) { return entry.second.empty(); });
}

uint64_t FleetKeyHealth::version() const {
  absl::MutexLock lock(&mutex_);
  return version_;
}

FleetKeyHealth::News FleetKeyHealth::Since(uint64_t version, const std::string& node) const {
  absl::MutexLock lock(&mutex_);
  News news;
  for (auto next = by_version_.upper_bound(version); next != by_version_.end(); ++next) {
    if (news.keys.keys_size() == kMostSent) return news;
    news.version = next->first;
    const Latest& latest = latest_.at(next->second);
    const bool known = version == 0 && latest.state.health() == State::HEALTHY;
    if (latest.node != node && !known) *news.keys.add_keys() = latest.state;
  }
  news.version = version_;
  return news;
}

bool FleetKeyHealth::Describe(const config::v1::ProviderKey& key, absl::Time now,
                              admin::v1::ProviderKeyHealth* out) const {
  absl::MutexLock lock(&mutex_);
  const auto found = views_.find(key.id());
  if (found == views_.end()) return false;
  for (const auto& [node, state] : found->second) {
    if (state.generation() != key.generation()) continue;
    auto* view = out->add_nodes();
    view->set_node(node);
    Fill(state, now, view);
    if (out->nodes_size() == 1 || RankOf(view->state()) > RankOf(out->state())) {
      Fill(state, now, out);
    }
  }
  return out->nodes_size() > 0;
}

}  // namespace sluice::publish
