// PrintUsageRecords and UsageRecordsCsv of usage_text.h.
#include <fmt/format.h>

#include "absl/time/time.h"
#include "common/base/text.h"
#include "controlplane/cli/csv.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/usage_text.h"

namespace sluice::cli {
namespace {

using admin::v1::StoredUsageRecord;
using admin::v1::UsageSums;
using fleet::v1::UsageRecord;

std::string ShortName(const std::string& name, int value) {
  return name.empty() ? base::Cat(value) : base::Lower(name);
}
std::string QualityText(const UsageRecord& record) {
  return ShortName(UsageRecord::Quality_Name(record.quality()), record.quality());
}
std::string SideText(const UsageRecord& record) {
  if (record.side() == UsageRecord::SIDE_UNSPECIFIED || record.side() == UsageRecord::NONE) {
    return "";
  }
  return ShortName(UsageRecord::Side_Name(record.side()), record.side());
}

// "200", "502 upstream", "downstream".
std::string StatusText(const UsageRecord& record) {
  const std::string side = SideText(record);
  if (record.status() == 0) return side;
  return side.empty() ? base::Cat(record.status()) : base::Cat(record.status(), " ", side);
}

const std::string& KeyText(const StoredUsageRecord& stored) {
  const std::string& name = stored.client_key_name();
  return name.empty() ? stored.record().client_key_id() : name;
}

std::string CostOf(const UsageRecord& record) {
  UsageSums sums;
  sums.set_input_tokens(record.input_tokens());
  sums.set_output_tokens(record.output_tokens());
  sums.set_cost_nanos(record.cost_nanos());
  const bool used = record.input_tokens() > 0 || record.output_tokens() > 0;
  sums.set_unpriced_requests(used && !record.has_cost_nanos() ? 1 : 0);
  return CostText(sums);
}

std::string CostCsv(const UsageRecord& record) {
  if (!record.has_cost_nanos()) return "";
  constexpr int64_t kNanos = 1'000'000'000;
  return fmt::format("{}.{:09}", record.cost_nanos() / kNanos, record.cost_nanos() % kNanos);
}

// To the microsecond: RFC 3339.
std::string ExactTime(const UsageRecord& record) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", FromProto(record.ended_at()),
                          absl::UTCTimeZone());
}

}  // namespace

void PrintUsageRecords(const admin::v1::ListUsageRecordsResponse& response, std::ostream& out) {
  Table table({"ID", "ENDED", "CLIENT KEY", "PROVIDER", "MODEL", "STATUS", "QUALITY", "INPUT",
               "OUTPUT", "COST"});
  table.AlignRightFrom(7);
  for (const StoredUsageRecord& stored : response.records()) {
    const UsageRecord& record = stored.record();
    table.AddRow({base::Cat(stored.id()), TimeText(FromProto(record.ended_at())), KeyText(stored),
                  record.provider(), record.model(), StatusText(record), QualityText(record),
                  base::Cat(record.input_tokens()), base::Cat(record.output_tokens()),
                  CostOf(record)});
  }
  table.Print(out);
}

std::string UsageRecordsCsv(const admin::v1::ListUsageRecordsResponse& response) {
  std::string text = CsvLine({"id",
                              "ended_at",
                              "node",
                              "requests",
                              "client_key_id",
                              "client_key_name",
                              "provider",
                              "provider_key_id",
                              "model",
                              "status",
                              "side",
                              "quality",
                              "input_tokens",
                              "output_tokens",
                              "cached_tokens",
                              "cache_write_tokens",
                              "reasoning_tokens",
                              "cost_usd",
                              "bytes_up",
                              "bytes_down",
                              "duration_us",
                              "request_id"});
  for (const StoredUsageRecord& stored : response.records()) {
    const UsageRecord& record = stored.record();
    text += CsvLine({base::Cat(stored.id()),
                     ExactTime(record),
                     stored.node(),
                     base::Cat(record.requests()),
                     record.client_key_id(),
                     stored.client_key_name(),
                     record.provider(),
                     record.provider_key_id(),
                     record.model(),
                     base::Cat(record.status()),
                     SideText(record),
                     QualityText(record),
                     base::Cat(record.input_tokens()),
                     base::Cat(record.output_tokens()),
                     base::Cat(record.cached_tokens()),
                     base::Cat(record.cache_write_tokens()),
                     base::Cat(record.reasoning_tokens()),
                     CostCsv(record),
                     base::Cat(record.bytes_up()),
                     base::Cat(record.bytes_down()),
                     base::Cat(record.duration_us()),
                     record.request_id()});
  }
  return text;
}

}  // namespace sluice::cli
