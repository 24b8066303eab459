#include "common/wire/seed.h"

#include <limits>
#include <optional>
#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/aead.h"
#include "common/crypto/digest.h"

namespace sluice::wire {
namespace {

constexpr std::string_view kHeader = "sluice seed 1\n";
constexpr std::string_view kAnyHeader = "sluice seed ";
constexpr size_t kMaxKeyFileBytes = 4096;

// The length in 8 bytes, lowest first, then the field.
void Append(std::string_view field, std::string* text) {
  uint64_t size = field.size();
  for (int i = 0; i < 8; ++i, size >>= 8) text->push_back(static_cast<char>(size));
  text->append(field);
}

uint64_t TakeNumber(std::string_view* text) {
  uint64_t number = 0;
  for (int i = 7; i >= 0; --i) number = number << 8 | static_cast<unsigned char>((*text)[i]);
  text->remove_prefix(8);
  return number;
}

std::optional<std::string_view> Take(std::string_view* text) {
  if (text->size() < 8) return std::nullopt;
  const uint64_t size = TakeNumber(text);
  if (size > text->size()) return std::nullopt;
  const std::string_view field = text->substr(0, size);
  text->remove_prefix(size);
  return field;
}

absl::StatusOr<Seed> Decode(std::string_view text) {
  const absl::Status wrong = absl::DataLossError("its fields do not fit");
  if (text.size() < 8) return wrong;
  const uint64_t revision = TakeNumber(&text);
  if (revision > uint64_t{std::numeric_limits<int64_t>::max()}) return wrong;
  const auto epoch = Take(&text);
  const auto hash = Take(&text);
  const auto lineage = Take(&text);
  const auto bytes = Take(&text);
  // What an optional lacks, the ones after it lack too.
  if (!bytes || !lineage || !text.empty()) return wrong;
  Seed seed;
  seed.revision = static_cast<int64_t>(revision);
  seed.epoch = *epoch;
  seed.hash = *hash;
  seed.lineage = *lineage;
  seed.bytes = base::Secret(*bytes);
  return seed;
}

}  // namespace

std::string SealSeed(const base::Secret& key, const Seed& seed) {
  std::string text;
  // Of full size at once: a string that grows would leave copies of secrets behind.
  text.reserve(64 + seed.epoch.size() + seed.hash.size() + seed.lineage.size() +
               seed.bytes.Reveal().size());
  auto revision = static_cast<uint64_t>(seed.revision);
  for (int i = 0; i < 8; ++i, revision >>= 8) text.push_back(static_cast<char>(revision));
  for (const std::string_view field : {std::string_view(seed.epoch), std::string_view(seed.hash),
                                       std::string_view(seed.lineage), seed.bytes.Reveal()}) {
    Append(field, &text);
  }
  const base::Secret plain(std::move(text));
  return base::Cat(kHeader, crypto::Seal(key, plain.Reveal(), kHeader));
}

absl::StatusOr<Seed> OpenSeed(const base::Secret& key, std::string_view file) {
  if (!file.starts_with(kHeader)) {
    return absl::FailedPreconditionError(
        file.starts_with(kAnyHeader) ? "it was made by a newer release" : "it is not a seed");
  }
  auto plain = crypto::Open(key, file.substr(kHeader.size()), kHeader);
  if (!plain.ok()) return absl::DataLossError("it was damaged, or sealed under another seed key");
  return Decode(plain->Reveal());
}

absl::StatusOr<base::Secret> ReadSeedKey(const std::string& path) {
  auto content = base::ReadFile(path, kMaxKeyFileBytes);
  if (!content.ok()) return content.status();
  const base::Secret text(*std::move(content));
  if (text.Reveal().size() == crypto::kAeadKeyBytes) return text.Clone();
  std::string decoded;
  const bool is_base64 =
      absl::Base64Unescape(base::ToAbsl(base::Stripped(text.Reveal())), &decoded);
  base::Secret key(std::move(decoded));
  if (is_base64 && key.Reveal().size() == crypto::kAeadKeyBytes) return key;
  return absl::InvalidArgumentError(
      base::Cat("the seed key file ", path, " must hold 32 bytes, raw or as base64, and does not"));
}

absl::StatusOr<base::Secret> CreateSeedKey(const std::string& path) {
  base::Secret key(crypto::RandomBytes(crypto::kAeadKeyBytes));
  const base::Secret text(base::Cat(absl::Base64Escape(base::ToAbsl(key.Reveal())), "\n"));
  if (absl::Status status = base::WriteFileAtomically(path, text.Reveal(), 0600); !status.ok()) {
    return status;
  }
  return key;
}

}  // namespace sluice::wire
