#include "dataplane/config/client_key_index.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace sluice::config {

bool ClientKeyEntry::MayUse(std::string_view provider) const {
  return providers.empty() ||
         std::binary_search(providers.begin(), providers.end(), provider, std::less<>());
}

const ClientKeyEntry* ClientKeyIndex::Find(const crypto::Sha256Digest& digest) const {
  const Shard* shard = shards_[ShardOf(digest)].get();
  if (shard == nullptr) return nullptr;
  const auto found = shard->find(digest);
  return found == shard->end() ? nullptr : &found->second;
}

ClientKeyIndex::Shard& ClientKeyIndex::Draft::OwnShard(const crypto::Sha256Digest& digest) {
  const size_t number = ShardOf(digest);
  std::shared_ptr<Shard>& own = own_[number];
  if (own == nullptr) {
    const std::shared_ptr<const Shard>& shared = index_.shards_[number];
    own = shared == nullptr ? std::make_shared<Shard>() : std::make_shared<Shard>(*shared);
    index_.shards_[number] = own;
  }
  return *own;
}

bool ClientKeyIndex::Draft::Insert(const crypto::Sha256Digest& digest, ClientKeyEntry&& entry) {
  const bool inserted = OwnShard(digest).try_emplace(digest, std::move(entry)).second;
  if (inserted) ++index_.size_;
  return inserted;
}

void ClientKeyIndex::Draft::Erase(const crypto::Sha256Digest& digest) {
  if (index_.Find(digest) == nullptr) return;
  OwnShard(digest).erase(digest);
  --index_.size_;
}

}  // namespace sluice::config
