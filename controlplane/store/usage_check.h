// What a node may say of what was used. A peer wrote it: whatever is kept of it is bounded here.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::store {

inline constexpr size_t kMostUsageText = 128;  // bytes
inline constexpr int kMostUsageRecords = 500;  // of a batch
// Of a record's numbers; so that sums of many do not overflow.
inline constexpr int64_t kMostUsageCount = 1'000'000'000'000'000;

// A batch as it may be stored, and who sent it.
struct NodeUsage {
  std::string node;
  fleet::v1::UsageBatch batch;
};

// InvalidArgument names the field: what no node of any release sends. What else is odd is put
// right: texts as UsageText, times after `now` or none as `now`, times of more than 400 days ago as
// 400 days ago, a quality that this release does not know as none.
absl::StatusOr<NodeUsage> CheckUsage(std::string node, const fleet::v1::UsageBatch& batch,
                                     absl::Time now);

// An id or the name of a model as it is kept: UTF-8, cut to kMostUsageText at a whole character,
// what is not printable as "?". What looks like a key or token, which somebody may have put where a
// model belongs, is not kept at all: "_withheld" stands for it.
std::string UsageText(std::string_view text);

}  // namespace sluice::store
