// What was used as people read it: tables, and comma-separated values for spreadsheets. A cost that
// is not known is never shown as nothing. Pure.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "sluice/admin/v1/admin.pb.h"

namespace sluice::cli {

// "$1.2345"; with "?" behind it where some of it is not known; "unknown" where none is; "-" where
// nothing was used.
std::string CostText(const admin::v1::UsageSums& sums);

// "key" for BY_CLIENT_KEY and so on, as --by has them.
const std::vector<std::string>& UsageDimensionNames();
admin::v1::UsageDimension UsageDimensionOf(const std::string& name);  // one of those

// `by`: what was asked for.
void PrintUsage(const admin::v1::QueryUsageResponse& response,
                const std::vector<admin::v1::UsageDimension>& by, std::ostream& out);
std::string UsageCsv(const admin::v1::QueryUsageResponse& response,
                     const std::vector<admin::v1::UsageDimension>& by);

void PrintUsageRecords(const admin::v1::ListUsageRecordsResponse& response, std::ostream& out);
std::string UsageRecordsCsv(const admin::v1::ListUsageRecordsResponse& response);

}  // namespace sluice::cli
