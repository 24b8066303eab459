#include "controlplane/store/usage_check.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.h"
#include "common/crypto/key_text.h"
#include "controlplane/store/timestamp.h"

namespace sluice::store {
namespace {

using fleet::v1::UsageBatch;
using fleet::v1::UsageRecord;

constexpr size_t kSegmentBytes = 16;
constexpr absl::Duration kOldest = absl::Hours(24 * 400);
constexpr int64_t kLatestSecond = 253'402'300'799;  // of the year 9999
constexpr char kWithheld[] = "_withheld";

struct Count {
  std::string_view name;
  int64_t (UsageRecord::*get)() const;
};
constexpr std::array<Count, 11> kCounts = {{
    {"input_tokens", &UsageRecord::input_tokens},
    {"output_tokens", &UsageRecord::output_tokens},
    {"cached_tokens", &UsageRecord::cached_tokens},
    {"cache_write_tokens", &UsageRecord::cache_write_tokens},
    {"reasoning_tokens", &UsageRecord::reasoning_tokens},
    {"cost_nanos", &UsageRecord::cost_nanos},
    {"bytes_up", &UsageRecord::bytes_up},
    {"bytes_down", &UsageRecord::bytes_down},
    {"duration_us", &UsageRecord::duration_us},
    {"first_byte_us", &UsageRecord::first_byte_us},
    {"audio_ms", &UsageRecord::audio_ms},
}};

absl::Status Refuse(std::string_view what) {
  return absl::InvalidArgumentError(base::Cat("the node's usage batch: ", what));
}

absl::Status RefuseNumber(int index, std::string_view field, int64_t value,
                          std::string_view bounds) {
  return Refuse(base::Cat("records[", index, "].", field, " is ", value, ", not ", bounds));
}

absl::Status CheckRecord(int index, const UsageRecord& record) {
  if (record.requests() < 1 || record.requests() > kMostUsageCount) {
    return RefuseNumber(index, "requests", record.requests(), "1 to 10^15");
  }
  if (record.status() < 0 || record.status() > 999) {
    return RefuseNumber(index, "status", record.status(), "0 to 999");
  }
  for (const Count& count : kCounts) {
    const int64_t value = (record.*count.get)();
    if (value < 0 || value > kMostUsageCount) {
      return RefuseNumber(index, count.name, value, "0 to 10^15");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBatch(const UsageBatch& batch) {
  if (batch.segment().size() != kSegmentBytes) {
    return Refuse(base::Cat("segment has ", batch.segment().size(), " bytes, not 16"));
  }
  if (batch.first() < 1 || batch.first() > kMostUsageCount) {
    return Refuse(base::Cat("first is ", batch.first(), ", not 1 to 10^15"));
  }
  if (batch.records_size() < 1 || batch.records_size() > kMostUsageRecords) {
    return Refuse(
        base::Cat("it has ", batch.records_size(), " records, not 1 to ", kMostUsageRecords));
  }
  for (int i = 0; i < batch.records_size(); ++i) {
    absl::Status status = CheckRecord(i, batch.records(i));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Time EndOf(const UsageRecord& record, absl::Time now) {
  const google::protobuf::Timestamp& at = record.ended_at();
  const bool good = at.seconds() > 0 && at.seconds() <= kLatestSecond && at.nanos() >= 0 &&
                    at.nanos() < 1'000'000'000;
  if (!good) return now;
  return std::clamp(ToTime(at), now - kOldest, now);
}

void PutRight(absl::Time now, UsageRecord* record) {
  *record->mutable_ended_at() = ToTimestamp(EndOf(*record, now));
  record->set_client_key_id(UsageText(record->client_key_id()));
  record->set_provider(UsageText(record->provider()));
  record->set_provider_key_id(UsageText(record->provider_key_id()));
  record->set_model(UsageText(record->model()));
  record->set_request_id(UsageText(record->request_id()));
  if (!UsageRecord::Quality_IsValid(record->quality())) {
    record->set_quality(UsageRecord::QUALITY_UNSPECIFIED);
  }
}

bool LooksSecret(std::string_view text) {
  for (std::string_view prefix :
       {crypto::kClientKeyPrefix, crypto::kAdminTokenPrefix, crypto::kJoinTokenPrefix}) {
    if (text.find(prefix) != std::string_view::npos) return true;
  }
  constexpr std::array<std::string_view, 4> kBegins = {"sk-", "eyJ", "AIza", "Bearer "};
  return std::any_of(kBegins.begin(), kBegins.end(),
                     [&](std::string_view begin) { return text.starts_with(begin); });
}

// The bytes of the printable character that `text` begins with; 0 if it begins with none.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return 0;
  uint32_t point = lead & (0xFF >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    point = (point << 6) | (byte(i) & 0x3F);
  }
  const uint32_t least = bytes == 4 ? 0x10000 : bytes == 3 ? 0x800 : 0xA0;  // C1 is not printable
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point >= least && point <= 0x10FFFF && !surrogate ? bytes : 0;
}

}  // namespace

std::string UsageText(std::string_view text) {
  if (LooksSecret(text)) return kWithheld;
  std::string kept;
  while (!text.empty()) {
    const size_t bytes = CharacterBytes(text);
    if (kept.size() + std::max<size_t>(bytes, 1) > kMostUsageText) break;
    if (bytes == 0) {
      kept += '?';
    } else {
      kept += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<size_t>(bytes, 1));
  }
  return kept;
}

absl::StatusOr<NodeUsage> CheckUsage(std::string node, const UsageBatch& batch, absl::Time now) {
  absl::Status status = CheckBatch(batch);
  if (!status.ok()) return status;
  NodeUsage usage{std::move(node), batch};
  for (UsageRecord& record : *usage.batch.mutable_records()) PutRight(now, &record);
  return usage;
}

}  // namespace sluice::store
