#include "dataplane/config/stored_form.h"

#include <cstdint>
#include <string>
#include <utility>

namespace sluice::config {
namespace {

constexpr size_t kFixedBytes = 8 + 8 + 4 + 4 + 4;

template <typename Unsigned>
void Append(Unsigned value, std::string& out) {
  for (size_t i = 0; i < sizeof(value); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

template <typename Unsigned>
Unsigned Take(std::string_view& text) {
  Unsigned value = 0;
  for (size_t i = 0; i < sizeof(value); ++i) {
    value |= static_cast<Unsigned>(static_cast<unsigned char>(text[i])) << (8 * i);
  }
  text.remove_prefix(sizeof(value));
  return value;
}

}  // namespace

base::Secret EncodeStored(const ConfigurationStamp& stamp, absl::Time saved_at,
                          std::string_view bytes) {
  std::string text;
  text.reserve(kFixedBytes + stamp.epoch.size() + stamp.hash.size() + stamp.lineage.size() +
               bytes.size());
  Append(static_cast<uint64_t>(stamp.revision), text);
  Append(static_cast<uint64_t>(absl::ToUnixMillis(saved_at)), text);
  Append(static_cast<uint32_t>(stamp.epoch.size()), text);
  Append(static_cast<uint32_t>(stamp.hash.size()), text);
  Append(static_cast<uint32_t>(stamp.lineage.size()), text);
  text.append(stamp.epoch).append(stamp.hash).append(stamp.lineage).append(bytes);
  return base::Secret(std::move(text));
}

absl::StatusOr<StoredForm> DecodeStored(std::string_view text) {
  if (text.size() < kFixedBytes) return absl::DataLossError("it is too short");
  StoredForm stored;
  stored.stamp.revision = static_cast<int64_t>(Take<uint64_t>(text));
  stored.saved_at = absl::FromUnixMillis(static_cast<int64_t>(Take<uint64_t>(text)));
  const uint64_t epoch_bytes = Take<uint32_t>(text);
  const uint64_t hash_bytes = Take<uint32_t>(text);
  const uint64_t lineage_bytes = Take<uint32_t>(text);
  if (epoch_bytes + hash_bytes + lineage_bytes > text.size()) {
    return absl::DataLossError("its lengths do not fit");
  }
  stored.stamp.epoch = text.substr(0, epoch_bytes);
  stored.stamp.hash = text.substr(epoch_bytes, hash_bytes);
  stored.stamp.lineage = text.substr(epoch_bytes + hash_bytes, lineage_bytes);
  stored.bytes = base::Secret(text.substr(epoch_bytes + hash_bytes + lineage_bytes));
  return stored;
}

}  // namespace sluice::config
