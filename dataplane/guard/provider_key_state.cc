#include "dataplane/guard/provider_key_state.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "dataplane/guard/rest_advice.h"
#include "dataplane/guard/spread.h"

namespace sluice::guard {
namespace {

// A rest that grows by less is not worth telling: a hundred requests under way are a hundred 429s.
constexpr absl::Duration kToldGrowth = absl::Seconds(1);
// Of another node's clock.
constexpr absl::Duration kMostAhead = absl::Minutes(1);

int64_t MillisUp(absl::Time time) {
  return std::max<int64_t>(0,
                           absl::ToUnixMillis(time + absl::Milliseconds(1) - absl::Nanoseconds(1)));
}

// `first`, doubled `strikes` times, at most `last`.
absl::Duration Grown(absl::Duration first, absl::Duration last, int strikes) {
  return std::min(last, first * (int64_t{1} << std::min(strikes, 20)));
}

bool IsProbed(Health health) {
  return health == Health::kSuspended || health == Health::kExhausted;
}

}  // namespace

uint64_t ProviderKeyState::Pack(const Gate& gate) {
  return static_cast<uint64_t>(gate.until_ms) << 3 | (gate.probing ? 4U : 0U) |
         static_cast<uint64_t>(gate.health);
}

ProviderKeyState::Gate ProviderKeyState::Unpack(uint64_t word) {
  return {static_cast<Health>(word & 3U), (word & 4U) != 0, static_cast<int64_t>(word >> 3)};
}

ProviderKeyState::ProviderKeyState(std::string id, std::string name, int64_t generation,
                                   std::shared_ptr<KeyHealthFeed> feed)
    : id_(std::move(id)),
      name_(std::move(name)),
      generation_(generation),
      hash_(SpreadHash(id_)),
      feed_(std::move(feed)) {}

bool ProviderKeyState::IsUsable(absl::Time now) const {
  const uint64_t word = gate_.load(std::memory_order_acquire);
  if (word == 0) return true;
  const Gate gate = Unpack(word);
  if (gate.health == Health::kHealthy) return true;
  return absl::ToUnixMillis(now) >= gate.until_ms && !gate.probing;
}

std::optional<absl::Duration> ProviderKeyState::CoolsFor(absl::Time now) const {
  const Gate gate = Unpack(gate_.load(std::memory_order_acquire));
  if (gate.health != Health::kCooling) return std::nullopt;
  return std::max(absl::ZeroDuration(), absl::FromUnixMillis(gate.until_ms) - now);
}

ProviderKeyState::Entry ProviderKeyState::Enter(absl::Time now) {
  if (!IsUsable(now)) return Entry::kNo;
  uint64_t word = gate_.load(std::memory_order_acquire);
  Gate gate = Unpack(word);
  Entry entry = Entry::kUse;
  if (IsProbed(gate.health)) {
    gate.probing = true;
    // Somebody else was quicker, or the state is another by now.
    if (!gate_.compare_exchange_strong(word, Pack(gate), std::memory_order_acq_rel)) {
      return Entry::kNo;
    }
    entry = Entry::kProbe;
  }
  in_flight_.fetch_add(1, std::memory_order_relaxed);
  return entry;
}

ProviderKeyState::Entry ProviderKeyState::EnterAsOnly() {
  in_flight_.fetch_add(1, std::memory_order_relaxed);
  return Entry::kOnly;
}

void ProviderKeyState::Leave(Entry entry) {
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  if (entry == Entry::kProbe) gate_.fetch_and(~uint64_t{4}, std::memory_order_acq_rel);
}

void ProviderKeyState::Judge(const KeyVerdict& verdict, Entry entry, absl::Time now) {
  switch (verdict.opinion) {
    case KeyOpinion::kGood:
      return Heal(entry, now);
    case KeyOpinion::kLimited:
      return Cool(verdict, entry, now);
    case KeyOpinion::kRefused:
    case KeyOpinion::kForbidden:
      return Rest(Health::kSuspended, verdict.reason, entry, now);
    case KeyOpinion::kExhausted:
      return Rest(Health::kExhausted, verdict.reason, entry, now);
    case KeyOpinion::kNone:
      return;
  }
}

void ProviderKeyState::Heal(Entry entry, absl::Time now) {
  if (Unpack(gate_.load(std::memory_order_acquire)).health == Health::kHealthy) return;
  absl::MutexLock lock(&mutex_);
  // The success may be of a request that began before: a rest that was told is kept, and a key that
  // is refused heals by a probe alone.
  if (health_.health == Health::kHealthy) return;
  const bool told = IsProbed(health_.health) ? entry != Entry::kProbe : now < health_.until;
  if (told && entry != Entry::kOnly) return;
  strikes_ = 0;
  Change(Health::kHealthy, now, "a request succeeded", now);
}

void ProviderKeyState::Cool(const KeyVerdict& verdict, Entry entry, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (IsProbed(health_.health) && entry != Entry::kProbe) return;
  const bool rests = health_.health == Health::kCooling && now < health_.until;
  const absl::Duration rest = verdict.rest.value_or(
      Grown(kFirstCooling, kLongestCooling, rests ? std::max(0, strikes_ - 1) : strikes_));
  const absl::Time until = now + rest;
  if (!rests) {
    ++strikes_;
  } else if (until <= health_.until) {
    return;
  } else if (until - health_.until < kToldGrowth) {
    KeyHealth longer = health_;
    longer.until = until;
    return Set(std::move(longer));
  }
  Change(Health::kCooling, until, verdict.reason, now);
}

void ProviderKeyState::Rest(Health health, const std::string& reason, Entry entry, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  // Of requests that began before the first refusal, the second says nothing new.
  const bool tried = entry == Entry::kProbe || (entry == Entry::kOnly && now >= health_.until);
  if (IsProbed(health_.health) && !tried) return;
  if (!IsProbed(health_.health)) strikes_ = 0;
  const absl::Duration rest = health == Health::kSuspended
                                  ? Grown(kFirstSuspension, kLongestSuspension, strikes_)
                                  : Grown(kFirstExhaustion, kLongestExhaustion, strikes_);
  ++strikes_;
  Change(health, now + rest, reason, now);
}

bool ProviderKeyState::Take(const KeyHealth& told, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (told.since <= health_.since) return false;
  KeyHealth bounded = told;
  // A clock that is far ahead must not have the last word for ever.
  bounded.since = std::min(told.since, now + kMostAhead);
  bounded.until = std::clamp(told.until, absl::UnixEpoch(), now + kLongestRest);
  if (bounded.health == Health::kHealthy) strikes_ = 0;
  if (bounded.health != Health::kHealthy && strikes_ == 0) strikes_ = 1;
  Set(std::move(bounded));
  spdlog::info("provider key {} ({}) is {} says another node: {}", name_, id_,
               HealthName(health_.health), base::Escaped(health_.reason));
  Tell();
  return true;
}

void ProviderKeyState::Change(Health health, absl::Time until, std::string reason, absl::Time now) {
  // Later than the one before, whatever the clock does.
  const absl::Time since = std::max(now, health_.since + absl::Nanoseconds(1));
  Set({health, since, until, std::move(reason)});
  if (health == Health::kHealthy) {
    spdlog::info("provider key {} ({}) is healthy again: {}", name_, id_, health_.reason);
  } else {
    spdlog::warn("provider key {} ({}) is {}: {}; {} {}", name_, id_, HealthName(health),
                 health_.reason, health == Health::kCooling ? "rests until" : "is tried again from",
                 absl::FormatTime(absl::RFC3339_sec, until, absl::UTCTimeZone()));
  }
  Tell();
}

void ProviderKeyState::Set(KeyHealth health) {
  health_ = std::move(health);
  // A probe that is under way stays one: it clears its mark when it leaves.
  uint64_t word = gate_.load(std::memory_order_acquire);
  Gate gate{health_.health, false, MillisUp(health_.until)};
  if (gate.health == Health::kHealthy) gate.until_ms = 0;
  do {
    gate.probing = Unpack(word).probing;
  } while (!gate_.compare_exchange_weak(word, Pack(gate), std::memory_order_acq_rel));
}

void ProviderKeyState::Tell() {
  if (feed_ != nullptr) feed_->Tell({id_, generation_, health_});
}

KeyHealth ProviderKeyState::Read(absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  KeyHealth health = health_;
  if (health.health == Health::kCooling && now >= health.until) health.health = Health::kHealthy;
  return health;
}

}  // namespace sluice::guard
