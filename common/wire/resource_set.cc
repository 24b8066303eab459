#include "common/wire/resource_set.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/base/text.h"
#include "common/wire/field_text.h"

namespace sluice::wire {
namespace {

using config::v1::ConfigurationBytes;
using config::v1::ResourceKind;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

constexpr ResourceKind kKinds[] = {
    config::v1::RESOURCE_KIND_SETTINGS, config::v1::RESOURCE_KIND_PROVIDER,
    config::v1::RESOURCE_KIND_PROVIDER_KEY, config::v1::RESOURCE_KIND_CLIENT_KEY,
    config::v1::RESOURCE_KIND_JWT_ISSUER};

// Ends the copies of secrets that parsing made.
class ParsedBytes {
 public:
  ~ParsedBytes() {
    for (auto* entries : {parsed_.mutable_provider_keys(), parsed_.mutable_jwt_issuers()}) {
      for (std::string& entry : *entries) base::Wipe(entry.data(), entry.size());
    }
  }
  bool Parse(std::string_view bytes) {
    return parsed_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  }
  const ConfigurationBytes& get() const { return parsed_; }

 private:
  ConfigurationBytes parsed_;
};

absl::StatusOr<std::string> NoId(std::string_view what) {
  return absl::InvalidArgumentError(base::Cat("a ", what, " in it cannot be read or has no id"));
}

absl::StatusOr<std::string> ProviderId(const std::string& bytes) {
  config::v1::Provider provider;
  if (!provider.ParseFromString(bytes) || provider.name().empty()) return NoId("provider");
  return provider.name();
}

absl::StatusOr<std::string> ProviderKeyId(const std::string& bytes) {
  config::v1::ProviderKeyEntry entry;
  const bool parsed = entry.ParseFromString(bytes);
  base::Wipe(entry.mutable_secret()->data(), entry.secret().size());
  if (!parsed || entry.key().id().empty()) return NoId("provider key");
  return entry.key().id();
}

absl::StatusOr<std::string> ClientKeyId(const std::string& bytes) {
  config::v1::ClientKeyEntry entry;
  if (!entry.ParseFromString(bytes) || entry.key().id().empty()) return NoId("client key");
  return entry.key().id();
}

absl::StatusOr<std::string> JwtIssuerName(const std::string& bytes) {
  config::v1::JwtIssuerEntry entry;
  const bool parsed = entry.ParseFromString(bytes);
  base::Wipe(entry.mutable_hs256_secret()->data(), entry.hs256_secret().size());
  if (!parsed || entry.issuer().name().empty()) return NoId("jwt issuer");
  return entry.issuer().name();
}

template <typename Entries, typename IdOf>
absl::Status PutAll(ResourceKind kind, const Entries& entries, IdOf id_of, ResourceSet* set) {
  for (const std::string& bytes : entries) {
    const absl::StatusOr<std::string> id = id_of(bytes);
    if (!id.ok()) return id.status();
    if (set->Find(kind, *id) != nullptr) {
      return absl::InvalidArgumentError(base::Cat("the resource ", Quoted(*id), " is in it twice"));
    }
    set->Put(kind, *id, bytes);
  }
  return absl::OkStatus();
}

void AppendNumber(uint64_t value, std::string* out) {
  for (size_t i = 0; i < sizeof(value); ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

bool IsKnownKind(ResourceKind kind) {
  return std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds);
}

ResourceSet::ResourceSet() : buckets_(kBuckets) {}

ResourceSet ResourceSet::Clone() const {
  ResourceSet copy;
  for (const Bucket& bucket : buckets_) {
    for (const Entry& entry : bucket.entries) copy.Put(entry.kind, entry.id, entry.bytes.Reveal());
  }
  return copy;
}

absl::StatusOr<ResourceSet> ResourceSet::Parse(std::string_view configuration) {
  ParsedBytes parsed;
  if (!parsed.Parse(configuration)) {
    return absl::InvalidArgumentError("its bytes are not a configuration");
  }
  const ConfigurationBytes& all = parsed.get();
  ResourceSet set;
  set.Put(config::v1::RESOURCE_KIND_SETTINGS, kSettingsResourceId, all.settings());
  absl::Status status =
      PutAll(config::v1::RESOURCE_KIND_PROVIDER, all.providers(), ProviderId, &set);
  if (status.ok()) {
    status =
        PutAll(config::v1::RESOURCE_KIND_PROVIDER_KEY, all.provider_keys(), ProviderKeyId, &set);
  }
  if (status.ok()) {
    status = PutAll(config::v1::RESOURCE_KIND_CLIENT_KEY, all.client_keys(), ClientKeyId, &set);
  }
  if (status.ok()) {
    status = PutAll(config::v1::RESOURCE_KIND_JWT_ISSUER, all.jwt_issuers(), JwtIssuerName, &set);
  }
  if (!status.ok()) return status;
  return set;
}

base::Secret ResourceSet::Serialize() const {
  std::vector<const Entry*> sorted;
  for (const Bucket& bucket : buckets_) {
    for (const Entry& entry : bucket.entries) sorted.push_back(&entry);
  }
  std::sort(sorted.begin(), sorted.end(), [](const Entry* left, const Entry* right) {
    return std::tie(left->kind, left->id) < std::tie(right->kind, right->id);
  });
  // The number of each kind is that of its field in Configuration.
  size_t size = 0;
  for (const Entry* entry : sorted) {
    const size_t bytes = entry->bytes.Reveal().size();
    size += 1 + CodedOutputStream::VarintSize64(bytes) + bytes;
  }
  std::string out(size, '\0');
  auto* place = reinterpret_cast<uint8_t*>(out.data());
  for (const Entry* entry : sorted) {
    const std::string_view bytes = entry->bytes.Reveal();
    place = WireFormatLite::WriteTagToArray(static_cast<int>(entry->kind),
                                            WireFormatLite::WIRETYPE_LENGTH_DELIMITED, place);
    place = CodedOutputStream::WriteVarint64ToArray(bytes.size(), place);
    place = std::copy(bytes.begin(), bytes.end(), place);
  }
  return base::Secret(std::move(out));
}

size_t ResourceSet::BucketOf(Kind kind, std::string_view id) {
  const crypto::Sha256Digest digest =
      crypto::Sha256(base::Cat(std::string(1, static_cast<char>(kind)), id));
  return (size_t{digest[0]} << 2) | (digest[1] >> 6);
}

size_t ResourceSet::PlaceOf(const Bucket& bucket, Kind kind, std::string_view id) {
  const auto found = std::lower_bound(
      bucket.entries.begin(), bucket.entries.end(), std::tie(kind, id),
      [](const Entry& entry, const std::tuple<const Kind&, std::string_view&>& key) {
        const std::string_view entry_id = entry.id;
        return std::tie(entry.kind, entry_id) < key;
      });
  return static_cast<size_t>(found - bucket.entries.begin());
}

bool ResourceSet::IsAt(const Bucket& bucket, size_t place, Kind kind, std::string_view id) {
  return place < bucket.entries.size() && bucket.entries[place].kind == kind &&
         bucket.entries[place].id == id;
}

void ResourceSet::Put(Kind kind, std::string_view id, std::string_view bytes) {
  if (kind == config::v1::RESOURCE_KIND_SETTINGS && bytes.empty()) {
    Erase(kind, id);
    return;
  }
  Bucket& bucket = buckets_[BucketOf(kind, id)];
  const size_t place = PlaceOf(bucket, kind, id);
  if (IsAt(bucket, place, kind, id)) {
    byte_size_ -= bucket.entries[place].bytes.Reveal().size();
    bucket.entries[place].bytes = base::Secret(bytes);
  } else {
    bucket.entries.insert(bucket.entries.begin() + static_cast<std::ptrdiff_t>(place),
                          Entry{kind, std::string(id), base::Secret(bytes)});
    ++counts_[static_cast<size_t>(kind)];
  }
  byte_size_ += bytes.size();
  bucket.stale = true;
}

bool ResourceSet::Erase(Kind kind, std::string_view id) {
  Bucket& bucket = buckets_[BucketOf(kind, id)];
  const size_t place = PlaceOf(bucket, kind, id);
  if (!IsAt(bucket, place, kind, id)) return false;
  byte_size_ -= bucket.entries[place].bytes.Reveal().size();
  bucket.entries.erase(bucket.entries.begin() + static_cast<std::ptrdiff_t>(place));
  --counts_[static_cast<size_t>(kind)];
  bucket.stale = true;
  return true;
}

const base::Secret* ResourceSet::Find(Kind kind, std::string_view id) const {
  const Bucket& bucket = buckets_[BucketOf(kind, id)];
  const size_t place = PlaceOf(bucket, kind, id);
  return IsAt(bucket, place, kind, id) ? &bucket.entries[place].bytes : nullptr;
}

void ResourceSet::ForEach(Kind kind, absl::FunctionRef<void(std::string_view bytes)> visit) const {
  for (const Bucket& bucket : buckets_) {
    for (size_t place = PlaceOf(bucket, kind, "");
         place < bucket.entries.size() && bucket.entries[place].kind == kind; ++place) {
      visit(bucket.entries[place].bytes.Reveal());
    }
  }
}

crypto::Sha256Digest ResourceSet::HashOf(const Bucket& bucket) {
  if (bucket.entries.empty()) return {};
  std::string text;
  for (const Entry& entry : bucket.entries) {
    text.push_back(static_cast<char>(entry.kind));
    AppendNumber(entry.id.size(), &text);
    text += entry.id;
    AppendNumber(entry.bytes.Reveal().size(), &text);
    text += entry.bytes.Reveal();
  }
  const crypto::Sha256Digest hash = crypto::Sha256(text);
  base::Wipe(text.data(), text.size());
  return hash;
}

std::string ResourceSet::Hash() const {
  std::string hashes;
  hashes.reserve(kBuckets * sizeof(crypto::Sha256Digest));
  for (const Bucket& bucket : buckets_) {
    if (bucket.stale) {
      bucket.hash = HashOf(bucket);
      bucket.stale = false;
    }
    hashes.append(reinterpret_cast<const char*>(bucket.hash.data()), bucket.hash.size());
  }
  return crypto::Sha256Bytes(hashes);
}

}  // namespace sluice::wire
