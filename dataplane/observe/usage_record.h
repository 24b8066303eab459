// A request's record as the control plane gets it. Pure.
#pragma once

#include <string>

#include "dataplane/observe/request_record.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::observe {

// Longest text of one field, bytes.
inline constexpr size_t kMostRecordText = 128;

fleet::v1::UsageRecord ToUsageRecord(const RequestRecord& record);

// Adds what `more` counts to `sum`, and leaves the rest of it as it is.
void AddUsage(const fleet::v1::UsageRecord& more, fleet::v1::UsageRecord* sum);

}  // namespace sluice::observe
