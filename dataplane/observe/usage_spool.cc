#include "dataplane/observe/usage_spool.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"

namespace sluice::observe {
namespace {

using fleet::v1::UsageRecord;

constexpr char kSuffix[] = ".spool";
constexpr absl::Duration kBetweenSums = absl::Minutes(1);
constexpr absl::Duration kBetweenWarnings = absl::Minutes(1);

}  // namespace

UsageSpool::UsageSpool(Options options, const base::Clock& clock)
    : options_(std::move(options)), clock_(clock) {}

absl::StatusOr<std::unique_ptr<UsageSpool>> UsageSpool::Open(Options options,
                                                             const base::Clock& clock) {
  absl::Status status = base::MakeFolder(options.folder);
  if (!status.ok()) return status;
  std::unique_ptr<UsageSpool> spool(new UsageSpool(std::move(options), clock));
  absl::MutexLock lock(&spool->mutex_);
  status = spool->ReadFolder();
  if (!status.ok()) return status;
  return spool;
}

absl::Status UsageSpool::ReadFolder() {
  std::error_code error;
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> files;
  for (auto entry = std::filesystem::directory_iterator(options_.folder, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() != kSuffix) continue;
    std::error_code gone;
    files.emplace_back(entry->last_write_time(gone), entry->path().string());
  }
  if (error) {
    return absl::InternalError(base::Cat("cannot read ", options_.folder, ": ", error.message()));
  }
  std::sort(files.begin(), files.end());
  for (const auto& [time, path] : files) {
    auto segment = SpoolSegment::Open(path);
    if (!segment.ok()) {
      spdlog::error("usage records are left where they are: {}",
                    base::ToStd(segment.status().message()));
      ++state_.failures;
      continue;
    }
    if (!segment->damage().empty()) {
      spdlog::error("usage records are lost: {}", segment->damage());
      ++state_.failures;
    }
    bytes_ += segment->bytes();
    segments_.push_back(*std::move(segment));
  }
  DropAcknowledged();
  return absl::OkStatus();
}

void UsageSpool::Add(UsageRecord record) {
  absl::MutexLock lock(&mutex_);
  if (record.client_key_id().empty()) {
    refused_.Add(std::move(record));
  } else if (IsNearlyFull()) {
    Fold(std::move(record));
  } else {
    gathered_.push_back(std::move(record));
  }
}

bool UsageSpool::IsNearlyFull() const { return bytes_ >= options_.most_bytes / 4 * 3; }

void UsageSpool::Fold(UsageRecord record) {
  if (!std::exchange(state_.full, true)) {
    spdlog::warn("the usage spool {} is full: requests are summed up until it is not",
                 options_.folder);
  }
  state_.folded += static_cast<uint64_t>(record.requests());
  crowded_.Add(std::move(record));
}

void UsageSpool::Write() {
  absl::MutexLock lock(&mutex_);
  WriteGathered();
}

void UsageSpool::WriteGathered() {
  if (gathered_.empty()) return;
  const absl::Status status = AppendGathered();
  if (!status.ok()) {
    Warn(status);
    for (UsageRecord& record : gathered_) Fold(std::move(record));
  }
  gathered_.clear();
}

absl::Status UsageSpool::AppendGathered() {
  if (appending_ && segments_.back().bytes() >= options_.segment_bytes) {
    if (absl::Status status = segments_.back().Sync(); !status.ok()) return status;
    appending_ = false;
    DropAcknowledged();
  }
  if (!appending_) {
    auto segment = SpoolSegment::Create(options_.folder);
    if (!segment.ok()) return segment.status();
    bytes_ += segment->bytes();
    segments_.push_back(*std::move(segment));
    appending_ = true;
  }
  std::string encoded;
  for (const UsageRecord& record : gathered_) encoded += EncodeSpooled(record);
  const auto count = static_cast<int64_t>(gathered_.size());
  absl::Status status = segments_.back().Append(encoded, count);
  if (!status.ok()) return status;
  bytes_ += encoded.size();
  state_.spooled += gathered_.size();
  unsynced_ = true;
  return absl::OkStatus();
}

void UsageSpool::UnfoldIfDue() {
  for (UsageRecord& record : refused_.Take()) {
    if (IsNearlyFull()) {
      Fold(std::move(record));
    } else {
      gathered_.push_back(std::move(record));
    }
  }
  const absl::Time now = clock_.Now();
  const bool due = !IsNearlyFull() || now - crowded_written_ >= kBetweenSums;
  if (crowded_.empty() || !due || bytes_ >= options_.most_bytes) return;
  crowded_written_ = now;
  std::vector<UsageRecord> sums = crowded_.Take();
  std::move(sums.begin(), sums.end(), std::back_inserter(gathered_));
  const absl::Status status = AppendGathered();
  if (!status.ok()) {
    Warn(status);
    // They have been counted as folded.
    for (UsageRecord& record : gathered_) crowded_.Add(std::move(record));
  } else if (!IsNearlyFull() && std::exchange(state_.full, false)) {
    spdlog::info("the usage spool {} has room again", options_.folder);
  }
  gathered_.clear();
}

void UsageSpool::Sync() {
  const SpoolSegment* newest = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    WriteGathered();
    UnfoldIfDue();
    WriteGathered();
    if (appending_ && std::exchange(unsynced_, false)) newest = &segments_.back();
  }
  if (newest == nullptr) return;
  // Only this thread begins another segment, and what is appended to is not deleted.
  const absl::Status status = newest->Sync();
  if (status.ok()) return;
  absl::MutexLock lock(&mutex_);
  Warn(status);
}

std::optional<fleet::v1::UsageBatch> UsageSpool::Next() {
  absl::MutexLock lock(&mutex_);
  if (!under_way_.empty()) return std::nullopt;
  for (SpoolSegment& segment : segments_) {
    if (segment.acknowledged() == segment.records()) continue;
    auto records = segment.Peek(kMostBatchRecords, kMostBatchBytes);
    if (!records.ok()) {
      GiveUp(segment, records.status());
      continue;
    }
    fleet::v1::UsageBatch batch;
    batch.set_segment(segment.id());
    batch.set_first(segment.acknowledged() + 1);
    for (UsageRecord& record : *records) *batch.add_records() = std::move(record);
    under_way_ = segment.id();
    return batch;
  }
  DropAcknowledged();
  return std::nullopt;
}

void UsageSpool::Acknowledge(const fleet::v1::UsageAck& ack) {
  absl::MutexLock lock(&mutex_);
  if (under_way_.empty() || ack.segment() != under_way_) return;
  under_way_.clear();
  for (SpoolSegment& segment : segments_) {
    if (segment.id() != ack.segment()) continue;
    const absl::Status status = segment.Acknowledge(ack.stored());
    if (!status.ok()) GiveUp(segment, status);
  }
  DropAcknowledged();
}

void UsageSpool::Rewind() {
  absl::MutexLock lock(&mutex_);
  under_way_.clear();
}

void UsageSpool::GiveUp(SpoolSegment& segment, const absl::Status& why) {
  const int64_t lost = segment.records() - segment.acknowledged();
  spdlog::error("{} usage records are lost: {}", lost, base::ToStd(why.message()));
  ++state_.failures;
  state_.lost += static_cast<uint64_t>(lost);
  segment.GiveUp();
}

void UsageSpool::DropAcknowledged() {
  for (auto segment = segments_.begin(); segment != segments_.end();) {
    const bool newest = appending_ && std::next(segment) == segments_.end();
    if (newest || segment->acknowledged() < segment->records()) {
      ++segment;
      continue;
    }
    bytes_ -= segment->bytes();
    segment->Delete();
    segment = segments_.erase(segment);
  }
}

void UsageSpool::Warn(const absl::Status& why) {
  ++state_.failures;
  const absl::Time now = clock_.Now();
  if (now - warned_ < kBetweenWarnings) return;
  warned_ = now;
  spdlog::warn("usage records cannot be written: {}", base::ToStd(why.message()));
}

UsageSpool::State UsageSpool::state() const {
  absl::MutexLock lock(&mutex_);
  State state = state_;
  state.bytes = bytes_;
  for (const SpoolSegment& segment : segments_) {
    state.waiting += segment.records() - segment.acknowledged();
  }
  return state;
}

}  // namespace sluice::observe
