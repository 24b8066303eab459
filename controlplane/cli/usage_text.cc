#include "controlplane/cli/usage_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/base/text.h"
#include "controlplane/cli/csv.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

constexpr size_t kSums = 5;  // columns behind those that tell rows apart

using admin::v1::UsageDimension;
using admin::v1::UsageRow;
using admin::v1::UsageSums;

constexpr int64_t kNanos = 1'000'000'000;

struct Dimension {
  UsageDimension value;
  std::string_view name;    // of --by
  std::string_view header;  // of the table
  std::string_view column;  // of the csv
};
constexpr std::array<Dimension, 7> kDimensions = {{
    {admin::v1::BY_CLIENT_KEY, "key", "CLIENT KEY", "client_key_name"},
    {admin::v1::BY_PROVIDER, "provider", "PROVIDER", "provider"},
    {admin::v1::BY_MODEL, "model", "MODEL", "model"},
    {admin::v1::BY_NODE, "node", "NODE", "node"},
    {admin::v1::BY_HOUR, "hour", "HOUR", "hour"},
    {admin::v1::BY_DAY, "day", "DAY", "day"},
    {admin::v1::BY_QUALITY, "quality", "QUALITY", "quality"},
}};

const Dimension& Of(UsageDimension value) {
  return *std::find_if(kDimensions.begin(), kDimensions.end(),
                       [&](const Dimension& dimension) { return dimension.value == value; });
}

// The id where no key has it any more.
const std::string& KeyText(const UsageRow& row) {
  return row.client_key_name().empty() ? row.client_key_id() : row.client_key_name();
}

std::string CellOf(const UsageRow& row, UsageDimension dimension) {
  switch (dimension) {
    case admin::v1::BY_CLIENT_KEY:
      return KeyText(row);
    case admin::v1::BY_PROVIDER:
      return row.provider();
    case admin::v1::BY_MODEL:
      return row.model();
    case admin::v1::BY_NODE:
      return row.node();
    case admin::v1::BY_HOUR:
      return TimeText(FromProto(row.begin()));
    case admin::v1::BY_DAY:
      return TimeText(FromProto(row.begin())).substr(0, 10);
    default:
      return row.quality();
  }
}

std::vector<std::string> SumCells(const UsageSums& sums) {
  return {base::Cat(sums.requests()), base::Cat(sums.failed()), base::Cat(sums.input_tokens()),
          base::Cat(sums.output_tokens()), CostText(sums)};
}

void Append(std::vector<std::string>&& more, std::vector<std::string>* cells) {
  for (std::string& cell : more) cells->push_back(std::move(cell));
}

}  // namespace

std::string CostText(const UsageSums& sums) {
  const bool nothing = sums.input_tokens() == 0 && sums.output_tokens() == 0;
  if (sums.cost_nanos() == 0) {
    if (sums.unpriced_requests() > 0) return "unknown";
    return nothing ? "-" : "$0.0000";
  }
  // Rounded to the nearest; what is less than that is still not nothing.
  const int64_t parts = (sums.cost_nanos() + 50'000) / 100'000;
  std::string text =
      parts == 0 ? "<$0.0001" : fmt::format("${}.{:04}", parts / 10'000, parts % 10'000);
  if (sums.unpriced_requests() > 0) text += "?";
  return text;
}

const std::vector<std::string>& UsageDimensionNames() {
  static const auto* const names = [] {
    auto* made = new std::vector<std::string>;
    for (const Dimension& dimension : kDimensions) made->emplace_back(dimension.name);
    return made;
  }();
  return *names;
}

UsageDimension UsageDimensionOf(const std::string& name) {
  const auto* const found =
      std::find_if(kDimensions.begin(), kDimensions.end(),
                   [&](const Dimension& dimension) { return dimension.name == name; });
  return found == kDimensions.end() ? admin::v1::USAGE_DIMENSION_UNSPECIFIED : found->value;
}

void PrintUsage(const admin::v1::QueryUsageResponse& response,
                const std::vector<UsageDimension>& by, std::ostream& out) {
  std::vector<std::string> header;
  header.reserve(by.size() + kSums);
  for (UsageDimension dimension : by) header.emplace_back(Of(dimension).header);
  Append({"REQUESTS", "FAILED", "INPUT", "OUTPUT", "COST"}, &header);
  Table table(std::move(header));
  table.AlignRightFrom(by.size());
  for (const UsageRow& row : response.rows()) {
    std::vector<std::string> cells;
    cells.reserve(by.size() + kSums);
    for (UsageDimension dimension : by) cells.push_back(CellOf(row, dimension));
    Append(SumCells(row.sums()), &cells);
    table.AddRow(std::move(cells));
  }
  if (response.rows_size() > 1) {
    std::vector<std::string> cells(by.size(), " ");
    if (!cells.empty()) cells[0] = "TOTAL";
    Append(SumCells(response.total()), &cells);
    table.AddRow(std::move(cells));
  }
  table.Print(out);
  const UsageSums& total = response.total();
  if (total.unpriced_requests() == 0) return;
  out << "\nThe cost of " << total.unpriced_requests() << " of " << total.requests()
      << " requests is not known: where \"?\" stands it is more.\n";
}

namespace {

// With all nine digits; empty where nothing of it is known.
std::string CostCsv(int64_t nanos, bool known) {
  if (!known) return "";
  return fmt::format("{}.{:09}", nanos / kNanos, nanos % kNanos);
}

std::vector<std::string> SumFields(const UsageSums& sums) {
  return {base::Cat(sums.requests()),
          base::Cat(sums.failed()),
          base::Cat(sums.input_tokens()),
          base::Cat(sums.output_tokens()),
          base::Cat(sums.cached_tokens()),
          base::Cat(sums.cache_write_tokens()),
          base::Cat(sums.reasoning_tokens()),
          CostCsv(sums.cost_nanos(), sums.cost_nanos() > 0 || sums.unpriced_requests() == 0),
          base::Cat(sums.unpriced_requests()),
          base::Cat(sums.bytes_up()),
          base::Cat(sums.bytes_down())};
}

}  // namespace

std::string UsageCsv(const admin::v1::QueryUsageResponse& response,
                     const std::vector<UsageDimension>& by) {
  std::vector<std::string> header;
  for (UsageDimension dimension : by) {
    if (dimension == admin::v1::BY_CLIENT_KEY) header.emplace_back("client_key_id");
    header.emplace_back(Of(dimension).column);
  }
  Append(
      {"requests", "failed", "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens",
       "reasoning_tokens", "cost_usd", "unpriced_requests", "bytes_up", "bytes_down"},
      &header);
  std::string text = CsvLine(header);
  for (const UsageRow& row : response.rows()) {
    std::vector<std::string> fields;
    for (UsageDimension dimension : by) {
      if (dimension == admin::v1::BY_CLIENT_KEY) {
        Append({row.client_key_id(), row.client_key_name()}, &fields);
      } else if (dimension == admin::v1::BY_DAY) {
        fields.push_back(TimeText(FromProto(row.begin())));
      } else {
        fields.push_back(CellOf(row, dimension));
      }
    }
    Append(SumFields(row.sums()), &fields);
    text += CsvLine(fields);
  }
  return text;
}

}  // namespace sluice::cli
