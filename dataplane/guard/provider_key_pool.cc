#include "dataplane/guard/provider_key_pool.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "dataplane/guard/spread.h"

namespace sluice::guard {
namespace {

// A lost race for a probe takes the key out of the choice; there are never that many.
constexpr int kMostRaces = 16;

bool IsTried(const ProviderKeyPool::Wish& wish, size_t index) {
  return std::find(wish.tried.begin(), wish.tried.end(), index) != wish.tried.end();
}

std::vector<size_t> Usable(absl::Span<const PooledKey> keys, const ProviderKeyPool::Wish& wish,
                           bool tried) {
  std::vector<size_t> usable;
  usable.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (IsTried(wish, i) == tried && keys[i].state->IsUsable(wish.now)) usable.push_back(i);
  }
  return usable;
}

NoKey WhyNone(absl::Span<const PooledKey> keys, absl::Time now) {
  NoKey none;
  for (const PooledKey& key : keys) {
    const auto cools = key.state->CoolsFor(now);
    if (cools && (!none.cools_for || *cools < *none.cools_for)) none.cools_for = cools;
  }
  return none;
}

double LoadOf(const PooledKey& key) {
  return (static_cast<double>(key.state->in_flight()) + 1) / key.weight;
}

// Weighted rendezvous: a key that comes or goes moves only the clients that it gains or loses.
double Attraction(const PooledKey& key, uint64_t client) {
  const uint64_t mixed = SpreadMix(client ^ key.state->hash());
  const double drawn = (static_cast<double>(mixed >> 11) + 0.5) * 0x1.0p-53;  // 0 to 1, neither
  return -static_cast<double>(key.weight) / std::log(drawn);
}

// A step through `total` places that visits each once and neighbours far apart.
uint64_t StepOf(uint64_t total) {
  auto step = static_cast<uint64_t>(static_cast<double>(total) * 0.618);
  step = std::max<uint64_t>(1, step);
  while (std::gcd(step, total) != 1) ++step;
  return step;
}

}  // namespace

std::variant<KeyLease, NoKey> ProviderKeyPool::Lend(absl::Span<const PooledKey> keys,
                                                    const Wish& wish) {
  if (keys.size() == 1 && (wish.tried.empty() || !wish.only_untried)) {
    ProviderKeyState* only = keys.front().state.get();
    return KeyLease(0, only, only->EnterAsOnly());
  }
  for (const bool tried : {false, true}) {
    if (tried && (wish.only_untried || wish.tried.empty())) break;
    for (int race = 0; race < kMostRaces; ++race) {
      const std::vector<size_t> usable = Usable(keys, wish, tried);
      if (usable.empty()) break;
      const size_t chosen = Choose(keys, wish, usable);
      ProviderKeyState* state = keys[chosen].state.get();
      const auto entry = state->Enter(wish.now);
      if (entry != ProviderKeyState::Entry::kNo) return KeyLease(chosen, state, entry);
    }
  }
  return WhyNone(keys, wish.now);
}

size_t ProviderKeyPool::Choose(absl::Span<const PooledKey> keys, const Wish& wish,
                               const std::vector<size_t>& usable) {
  if (usable.size() == 1) return usable.front();
  switch (wish.strategy) {
    case KeyStrategy::kSticky:
      return *std::max_element(usable.begin(), usable.end(), [&](size_t a, size_t b) {
        return Attraction(keys[a], wish.client) < Attraction(keys[b], wish.client);
      });
    case KeyStrategy::kLeastLoaded: {
      // Among equals in turn, so that an idle pool does not always begin with the same key.
      std::vector<size_t> from = usable;
      const auto turn = next_.fetch_add(1, std::memory_order_relaxed) % from.size();
      std::rotate(from.begin(), from.begin() + static_cast<ptrdiff_t>(turn), from.end());
      return *std::min_element(from.begin(), from.end(), [&](size_t a, size_t b) {
        return LoadOf(keys[a]) < LoadOf(keys[b]);
      });
    }
    case KeyStrategy::kRoundRobin:
      break;
  }
  return InTurn(keys, usable);
}

// As many places as there is weight; each request takes the next.
size_t ProviderKeyPool::InTurn(absl::Span<const PooledKey> keys,
                               const std::vector<size_t>& usable) {
  uint64_t total = 0;
  for (const size_t index : usable) total += keys[index].weight;
  const uint64_t turn = next_.fetch_add(1, std::memory_order_relaxed) % total;
  uint64_t place = turn * StepOf(total) % total;
  for (const size_t index : usable) {
    if (place < keys[index].weight) return index;
    place -= keys[index].weight;
  }
  return usable.back();
}

}  // namespace sluice::guard
