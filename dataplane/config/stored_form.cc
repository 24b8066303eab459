#include "dataplane/config/stored_form.h"

#include <cstdint>
#include <string>
#include <utility>

namespace sluice::config {
namespace {

constexpr size_t kFixedBytes = 8 + 8 + 4 + 4;

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

base::Secret EncodeStored(const std::string& epoch, int64_t revision, const std::string& hash,
                          absl::Time saved_at, std::string_view bytes) {
  std::string text;
  text.reserve(kFixedBytes + epoch.size() + hash.size() + bytes.size());
  Append(static_cast<uint64_t>(revision), text);
  Append(static_cast<uint64_t>(absl::ToUnixMillis(saved_at)), text);
  Append(static_cast<uint32_t>(epoch.size()), text);
  Append(static_cast<uint32_t>(hash.size()), text);
  text.append(epoch).append(hash).append(bytes);
  return base::Secret(std::move(text));
}

absl::StatusOr<StoredConfiguration> DecodeStored(std::string_view text) {
  if (text.size() < kFixedBytes) return absl::DataLossError("it is too short");
  StoredConfiguration stored;
  stored.revision = static_cast<int64_t>(Take<uint64_t>(text));
  stored.saved_at = absl::FromUnixMillis(static_cast<int64_t>(Take<uint64_t>(text)));
  const uint64_t epoch_bytes = Take<uint32_t>(text);
  const uint64_t hash_bytes = Take<uint32_t>(text);
  if (epoch_bytes + hash_bytes > text.size()) return absl::DataLossError("its lengths do not fit");
  stored.epoch = text.substr(0, epoch_bytes);
  stored.hash = text.substr(epoch_bytes, hash_bytes);
  stored.bytes = base::Secret(text.substr(epoch_bytes + hash_bytes));
  return stored;
}

}  // namespace sluice::config
