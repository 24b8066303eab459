// Client keys by the SHA-256 of their text.
//
// Immutable and cheap to copy: 1024 shards by the first bits of the digest, shared between the
// copies. A Draft changes a copy, and copies only the shards that it changes, so a change of one
// key costs the same with a hundred keys as with a hundred thousand.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "common/crypto/digest.h"
#include "dataplane/config/client_key_terms.h"
#include "dataplane/guard/client_key_guard.h"

namespace sluice::config {

// A client key that is not revoked, or the bearer of a token that an issuer signed; whether it has
// expired is asked with a clock.
struct ClientKeyEntry {
  std::string id;    // of a token: that of its issuer and its subject
  std::string name;  // of a token: its issuer's
  bool is_token = false;
  bool enabled = true;                 // a disabled one is here for what is still under way with it
  std::vector<std::string> providers;  // sorted; empty: all
  absl::Time expires_at = absl::InfiniteFuture();
  std::shared_ptr<const ClientKeyTerms> terms;   // null: everything, as often as it likes
  std::shared_ptr<guard::ClientKeyGuard> guard;  // never null in an index

  bool MayUse(std::string_view provider) const;
};

class ClientKeyIndex {
 public:
  class Draft;

  ClientKeyIndex() : shards_(kShards) {}

  // Null if there is none; valid as long as this index.
  const ClientKeyEntry* Find(const crypto::Sha256Digest& digest) const;
  size_t size() const { return size_; }

 private:
  static constexpr size_t kShards = 1024;
  using Shard = absl::flat_hash_map<crypto::Sha256Digest, ClientKeyEntry>;

  static size_t ShardOf(const crypto::Sha256Digest& digest) {
    return (size_t{digest[0]} << 2) | (digest[1] >> 6);
  }

  std::vector<std::shared_ptr<const Shard>> shards_;  // null: empty
  size_t size_ = 0;
};

class ClientKeyIndex::Draft {
 public:
  explicit Draft(const ClientKeyIndex& from) : index_(from), own_(kShards) {}

  const ClientKeyEntry* Find(const crypto::Sha256Digest& digest) const {
    return index_.Find(digest);
  }
  // False, and nothing is done, if the digest has an entry.
  bool Insert(const crypto::Sha256Digest& digest, ClientKeyEntry&& entry);
  void Erase(const crypto::Sha256Digest& digest);
  ClientKeyIndex Take() && { return std::move(index_); }

 private:
  Shard& OwnShard(const crypto::Sha256Digest& digest);

  ClientKeyIndex index_;
  std::vector<std::shared_ptr<Shard>> own_;  // null: still shared
};

}  // namespace sluice::config
