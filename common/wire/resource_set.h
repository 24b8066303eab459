// All resources of one configuration as serialised bytes, and the hash over them: how both planes
// know that they have the same, and what a delta changes.
//
// The hash costs what has changed, not what there is. A resource belongs to one of 1024 buckets, by
// the first ten bits of SHA-256 over its kind (one byte) and its id. The hash of a bucket is
// SHA-256 over its resources in the order of kind and id: for each the kind, the length of the id,
// the id, the length of the bytes, the bytes (lengths in 8 bytes, lowest first); of an empty bucket
// 32 zero bytes. The hash of the set is SHA-256 over the buckets' hashes.
//
// One thread at a time. The bytes of provider keys and token issuers hold secrets; all are wiped in
// the end.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "common/crypto/digest.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

inline constexpr std::string_view kSettingsResourceId = "settings";

// One of the five kinds that there are.
bool IsKnownKind(config::v1::ResourceKind kind);

class ResourceSet {
 public:
  using Kind = config::v1::ResourceKind;

  ResourceSet();
  ResourceSet(ResourceSet&&) = default;
  ResourceSet& operator=(ResourceSet&&) = default;

  ResourceSet Clone() const;

  // Of a serialised Configuration. InvalidArgument: not one, or a resource is in it twice, or has
  // no id.
  static absl::StatusOr<ResourceSet> Parse(std::string_view configuration);
  // As a serialised Configuration: providers and issuers by name, keys by id.
  base::Secret Serialize() const;

  // Inserts or replaces. Settings of which none is set are none.
  void Put(Kind kind, std::string_view id, std::string_view bytes);
  // False if there is none.
  bool Erase(Kind kind, std::string_view id);
  // Null if there is none; valid until the next change.
  const base::Secret* Find(Kind kind, std::string_view id) const;

  size_t count(Kind kind) const { return counts_[static_cast<size_t>(kind)]; }
  // Each resource of one kind, in no order.
  void ForEach(Kind kind, absl::FunctionRef<void(std::string_view bytes)> visit) const;
  // Of all resources together.
  size_t byte_size() const { return byte_size_; }
  // 32 raw bytes.
  std::string Hash() const;

 private:
  static constexpr size_t kBuckets = 1024;

  struct Entry {
    Kind kind;
    std::string id;
    base::Secret bytes;
  };
  struct Bucket {
    std::vector<Entry> entries;  // by kind and id
    mutable crypto::Sha256Digest hash{};
    mutable bool stale = false;
  };

  static size_t BucketOf(Kind kind, std::string_view id);
  static crypto::Sha256Digest HashOf(const Bucket& bucket);
  // The entry's place in the bucket, whether it is there or not.
  static size_t PlaceOf(const Bucket& bucket, Kind kind, std::string_view id);
  static bool IsAt(const Bucket& bucket, size_t place, Kind kind, std::string_view id);

  std::vector<Bucket> buckets_;
  std::array<size_t, 6> counts_{};
  size_t byte_size_ = 0;
};

}  // namespace sluice::wire
