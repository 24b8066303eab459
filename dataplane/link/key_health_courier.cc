#include "dataplane/link/key_health_courier.h"

#include <utility>

namespace sluice::link {
namespace {

using fleet::v1::ProviderKeyState;
using guard::Health;
using guard::KeyReport;

constexpr size_t kLongestReason = 128;

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t nanos = absl::ToUnixNanos(time);
  out->set_seconds(nanos / 1'000'000'000);
  out->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

ProviderKeyState ToProto(const KeyReport& report) {
  ProviderKeyState state;
  state.set_provider_key_id(report.key_id);
  state.set_generation(report.generation);
  state.set_health(
      static_cast<ProviderKeyState::Health>(static_cast<int>(report.health.health) + 1));
  SetTime(report.health.since, state.mutable_since());
  SetTime(report.health.until, state.mutable_until());
  state.set_reason(report.health.reason);
  return state;
}

}  // namespace

std::vector<fleet::v1::NodeMessage> KeyHealthCourier::All() {
  live_state_.feed().Take();
  const absl::Time now = clock_.Now();
  std::vector<KeyReport> reports;
  for (const auto& state : live_state_.KeyStates()) {
    guard::KeyHealth health = state->Read(now);
    const bool healthy = health.health == Health::kHealthy;
    if (healthy && !told_unhealthy_.contains(state->id())) continue;
    reports.push_back({state->id(), state->generation(), std::move(health)});
  }
  return Pack(reports);
}

std::vector<fleet::v1::NodeMessage> KeyHealthCourier::News() {
  return Pack(live_state_.feed().Take());
}

std::vector<fleet::v1::NodeMessage> KeyHealthCourier::Pack(const std::vector<KeyReport>& reports) {
  std::vector<fleet::v1::NodeMessage> messages;
  for (size_t i = 0; i < reports.size(); ++i) {
    if (reports[i].health.health != Health::kHealthy) told_unhealthy_.insert(reports[i].key_id);
    if (i % kMostKeys == 0) messages.emplace_back();
    *messages.back().mutable_key_health()->add_keys() = ToProto(reports[i]);
  }
  return messages;
}

void KeyHealthCourier::Take(const fleet::v1::KeyHealth& told) {
  const absl::Time now = clock_.Now();
  for (const ProviderKeyState& key : told.keys()) {
    const auto state = live_state_.FindKeyState(key.provider_key_id());
    if (state == nullptr || state->generation() != key.generation()) continue;
    if (key.health() < ProviderKeyState::HEALTHY || key.health() > ProviderKeyState::EXHAUSTED) {
      continue;  // of a newer release
    }
    state->Take({static_cast<Health>(static_cast<int>(key.health()) - 1), TimeOf(key.since()),
                 TimeOf(key.until()), key.reason().substr(0, kLongestReason)},
                now);
  }
}

}  // namespace sluice::link
