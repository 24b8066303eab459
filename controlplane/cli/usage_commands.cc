// `sluicectl usage`: who used what, and what it cost.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/time_input.h"
#include "controlplane/cli/usage_text.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::UsageFilter;
using admin::v1::UsageService;

struct UsageOptions {
  std::vector<std::string> by;
  std::string since;
  std::string until;
  std::vector<std::string> keys;
  std::vector<std::string> providers;
  std::vector<std::string> models;
  std::vector<std::string> nodes;
  int32_t limit = 20;
  int64_t before = 0;
};

google::protobuf::Timestamp TimestampOf(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return timestamp;
}

absl::StatusOr<UsageFilter> FilterOf(const UsageOptions& options, absl::Time now) {
  UsageFilter filter;
  if (!options.since.empty()) {
    const absl::StatusOr<absl::Time> since = ParseTimeInput(options.since, now);
    if (!since.ok()) return since.status();
    *filter.mutable_since() = TimestampOf(std::max(*since, absl::UnixEpoch()));
  }
  if (!options.until.empty()) {
    const absl::StatusOr<absl::Time> until = ParseTimeInput(options.until, now);
    if (!until.ok()) return until.status();
    *filter.mutable_until() = TimestampOf(std::max(*until, absl::UnixEpoch()));
  }
  for (const std::string& key : options.keys) filter.add_client_keys(key);
  for (const std::string& provider : options.providers) filter.add_providers(provider);
  for (const std::string& model : options.models) filter.add_models(model);
  for (const std::string& node : options.nodes) filter.add_nodes(node);
  return filter;
}

absl::StatusOr<std::vector<admin::v1::UsageDimension>> DimensionsOf(const UsageOptions& options) {
  std::vector<admin::v1::UsageDimension> by;
  for (const std::string& name : options.by) {
    const admin::v1::UsageDimension dimension = UsageDimensionOf(name);
    if (dimension == admin::v1::USAGE_DIMENSION_UNSPECIFIED) {
      return absl::InvalidArgumentError(base::Cat("--by: there is no \"", base::Escaped(name),
                                                  "\"; there are ",
                                                  absl::StrJoin(UsageDimensionNames(), ", ")));
    }
    if (std::find(by.begin(), by.end(), dimension) != by.end()) {
      return absl::InvalidArgumentError(base::Cat("--by: \"", name, "\" is given twice"));
    }
    by.push_back(dimension);
  }
  const auto has = [&by](int dimension) {
    return std::find(by.begin(), by.end(), dimension) != by.end();
  };
  if (has(admin::v1::BY_HOUR) && has(admin::v1::BY_DAY)) {
    return absl::InvalidArgumentError("--by: \"hour\" and \"day\" exclude each other");
  }
  return by;
}

absl::Status ShowUsage(Session& session, const UsageOptions& options) {
  const auto by = DimensionsOf(options);
  if (!by.ok()) return by.status();
  const absl::StatusOr<UsageFilter> filter = FilterOf(options, session.now());
  if (!filter.ok()) return filter.status();
  admin::v1::QueryUsageRequest request;
  *request.mutable_filter() = *filter;
  for (const admin::v1::UsageDimension dimension : *by) request.add_by(dimension);
  admin::v1::QueryUsageResponse response;
  const absl::Status called = session.Call(&UsageService::Stub::QueryUsage, request, &response);
  if (!called.ok()) return called;
  const absl::Status printed = session.output() == OutputFormat::kCsv
                                   ? session.PrintText(UsageCsv(response, *by))
                                   : session.Print(response, [&](std::ostream& out) {
                                       PrintUsage(response, *by, out);
                                       if (response.total().requests() == 0)
                                         session.Note("nothing was used in that time");
                                     });
  if (printed.ok() && response.truncated()) {
    session.Note(base::Cat("there are more than these ", response.rows_size(),
                           " rows; ask for a shorter time, or for less with --key and the like"));
  }
  return printed;
}

absl::Status ListRecords(Session& session, const UsageOptions& options) {
  if (!options.by.empty()) {
    return absl::InvalidArgumentError("--by is for sums, not for sluicectl usage records");
  }
  const absl::StatusOr<UsageFilter> filter = FilterOf(options, session.now());
  if (!filter.ok()) return filter.status();
  admin::v1::ListUsageRecordsRequest request;
  *request.mutable_filter() = *filter;
  request.set_limit(options.limit);
  request.set_before_id(options.before);
  admin::v1::ListUsageRecordsResponse response;
  const absl::Status called =
      session.Call(&UsageService::Stub::ListUsageRecords, request, &response);
  if (!called.ok()) return called;
  if (session.output() == OutputFormat::kCsv) return session.PrintText(UsageRecordsCsv(response));
  return session.Print(response, [&](std::ostream& out) {
    PrintUsageRecords(response, out);
    if (response.records().empty()) session.Note("no record of that time is kept");
  });
}

void AddFilters(CLI::App* command, const std::shared_ptr<UsageOptions>& options) {
  command->add_option("--since", options->since, "From then on: 24h, 7d, 2026-01-31 (default 24h)")
      ->option_text("TIME")
      ->check(TimeInput());
  command->add_option("--until", options->until, "Before then (default now)")
      ->option_text("TIME")
      ->check(TimeInput());
  const auto add = [command](const char* name, std::vector<std::string>* values,
                             const char* description, const char* text) {
    command->add_option(name, *values, description)->option_text(text)->allow_extra_args(false);
  };
  add("--key", &options->keys, "Only that client key, by name or id, or\nISSUER:DIGEST of a token",
      "KEY");
  add("--provider", &options->providers, "Only that provider", "NAME");
  add("--model", &options->models, "Only that model, as answers name it", "NAME");
  add("--node", &options->nodes, "Only that data plane; these four may be\nrepeated", "ID");
}

}  // namespace

void AddUsageCommands(CommandList& commands) {
  const auto options = std::make_shared<UsageOptions>();
  CLI::App* usage =
      commands.Add(nullptr, "usage", "Show who used what, and what it cost.",
                   "sluicectl usage --by key,model\n"
                   "sluicectl usage --by day,provider --since 30d -o csv\n"
                   "sluicectl usage --key reports --since 2026-01-01 --until 2026-02-01",
                   [options](Session& session) { return ShowUsage(session, *options); });
  usage
      ->add_option("--by", options->by,
                   "A row for each: key, provider, model, node,\nhour, day, quality")
      ->option_text("WHAT,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  AddFilters(usage, options);
  commands.AllowCsv(usage);
  CLI::App* records =
      commands.Add(usage, "records", "List single requests, newest first.",
                   "sluicectl usage records --limit 5\n"
                   "sluicectl usage records --key reports --since 1h -o csv",
                   [options](Session& session) { return ListRecords(session, *options); });
  AddFilters(records, options);
  records->add_option("--limit", options->limit, "At most so many (default 20)")
      ->option_text("N")
      ->check(NumberBetween(1, 1000));
  records->add_option("--before", options->before, "Only those told before this one")
      ->option_text("ID")
      ->check(RevisionNumber());
  commands.AllowCsv(records);
}

}  // namespace sluice::cli
