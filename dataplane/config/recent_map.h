// A map of bounded size that keeps what was used most recently. One thread at a time.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace sluice::config {

template <typename Key, typename Value>
class RecentMap {
 public:
  explicit RecentMap(size_t most) : most_(most) {}

  // Null if there is none; valid until the next change. A use of it.
  Value* Find(const Key& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    MoveToFront(found->second);
    return &found->second->second;
  }

  // Inserts or replaces. At the bound what was not used for longest goes, where possible nothing
  // that `stays` wants to keep.
  template <typename Stays>
  void Put(const Key& key, Value value, Stays stays) {
    if (Value* known = Find(key); known != nullptr) {
      *known = std::move(value);
      return;
    }
    if (by_use_.size() >= most_) EvictOne(stays);
    by_use_.emplace_front(key, std::move(value));
    by_key_[key] = by_use_.begin();
  }

  size_t size() const { return by_use_.size(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;

  static constexpr int kLookedAt = 16;  // before the bound goes before a wish

  void MoveToFront(typename Entries::iterator entry) {
    by_use_.splice(by_use_.begin(), by_use_, entry);
  }

  template <typename Stays>
  void EvictOne(Stays stays) {
    for (int i = 0; i < kLookedAt && stays(by_use_.back().second); ++i) {
      MoveToFront(std::prev(by_use_.end()));
    }
    by_key_.erase(by_use_.back().first);
    by_use_.pop_back();
  }

  const size_t most_;
  Entries by_use_;  // the last used in front
  absl::flat_hash_map<Key, typename Entries::iterator> by_key_;
};

}  // namespace sluice::config
