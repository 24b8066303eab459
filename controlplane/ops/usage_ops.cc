#include "controlplane/ops/usage_ops.h"

#include <algorithm>
#include <string_view>

#include "common/base/status_filter.h"
#include "common/base/text.h"
#include "controlplane/ops/row_messages.h"
#include "controlplane/store/timestamp.h"

namespace sluice::ops {
namespace {

using admin::v1::UsageDimension;
using admin::v1::UsageFilter;
using config::v1::ClientKey;
using google::protobuf::RepeatedPtrField;
using store::ResourceKind;

constexpr int kMostInList = 100;
constexpr int kDefaultRecords = 20;
constexpr int kMaxRecords = 1000;
constexpr int kDefaultLines = 50;
constexpr int kMaxLines = 1000;
constexpr absl::Duration kDefaultTime = absl::Hours(24);

// The holder of a token is ISSUER:DIGEST; no id and no name of a client key has a colon.
bool IsOfToken(std::string_view id) { return id.find(':') != std::string_view::npos; }

absl::Status Refuse(std::string_view field, std::string_view what) {
  return absl::InvalidArgumentError(base::Cat(field, ": ", what));
}

absl::StatusOr<absl::Time> TimeOf(const google::protobuf::Timestamp& time, std::string_view field) {
  constexpr int64_t kLatestSecond = 253'402'300'799;  // of the year 9999
  const bool good = time.seconds() >= 0 && time.seconds() <= kLatestSecond && time.nanos() >= 0 &&
                    time.nanos() < 1'000'000'000;
  if (!good) return Refuse(field, "is no time of 1970 to 9999");
  return store::ToTime(time);
}

absl::Status CheckList(const RepeatedPtrField<std::string>& texts, std::string_view field) {
  if (texts.size() > kMostInList) {
    return Refuse(field, base::Cat("has ", texts.size(), " entries, not at most ", kMostInList));
  }
  return absl::OkStatus();
}

// As they are stored.
std::vector<std::string> TextsOf(const RepeatedPtrField<std::string>& texts) {
  std::vector<std::string> kept;
  for (const std::string& text : texts) kept.push_back(store::UsageText(text));
  return kept;
}

absl::StatusOr<std::vector<UsageDimension>> DimensionsOf(
    const admin::v1::QueryUsageRequest& request) {
  std::vector<UsageDimension> by;
  const auto has = [&by](int dimension) {
    return std::find(by.begin(), by.end(), dimension) != by.end();
  };
  for (const int dimension : request.by()) {
    if (dimension == admin::v1::USAGE_DIMENSION_UNSPECIFIED ||
        !admin::v1::UsageDimension_IsValid(dimension)) {
      return Refuse("by", base::Cat("there is no dimension ", dimension));
    }
    const auto known = static_cast<UsageDimension>(dimension);
    if (has(known)) {
      return Refuse("by", base::Cat(admin::v1::UsageDimension_Name(known), " is there twice"));
    }
    by.push_back(known);
  }
  if (has(admin::v1::BY_HOUR) && has(admin::v1::BY_DAY)) {
    return Refuse("by", "BY_HOUR and BY_DAY exclude each other");
  }
  return by;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> UsageOps::KeyIds(const RepeatedPtrField<std::string>& keys,
                                                          std::string_view field) {
  std::vector<std::string> ids;
  if (keys.empty()) return ids;
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  auto known = ListMessages<ClientKey>((*reading)->rows(), ResourceKind::kClientKey);
  if (!known.ok()) return known.status();
  for (const std::string& key : keys) {
    const size_t before = ids.size();
    if (IsOfToken(key)) ids.push_back(store::UsageText(key));
    for (const ClientKey& candidate : *known) {
      if (candidate.id() == key || candidate.name() == key) ids.push_back(candidate.id());
    }
    if (ids.size() > before) continue;
    return absl::NotFoundError(
        base::Cat(field, ": there is no client key \"", base::Escaped(key), "\""));
  }
  return ids;
}

absl::StatusOr<absl::flat_hash_map<std::string, std::string>> UsageOps::KeyNames(
    const std::vector<std::string>& ids) {
  absl::flat_hash_map<std::string, std::string> names;
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  for (const std::string& id : ids) {
    if (id.empty() || IsOfToken(id) || names.contains(id)) continue;
    auto row = (*reading)->rows().FindById(ResourceKind::kClientKey, id);
    if (!row.ok()) return row.status();
    if (!row->has_value()) continue;
    auto key = store::Decode<ClientKey>(**row);
    if (!key.ok()) return key.status();
    names[id] = key->name();
  }
  return names;
}

absl::StatusOr<store::UsageSelection> UsageOps::SelectionOf(const UsageFilter& filter) {
  store::UsageSelection selection;
  absl::Time end = clock_.Now();
  if (filter.has_until()) {
    auto until = TimeOf(filter.until(), "filter.until");
    if (!until.ok()) return until.status();
    selection.until = end = *until;
  }
  selection.since = std::max(end - kDefaultTime, absl::UnixEpoch());
  if (filter.has_since()) {
    auto since = TimeOf(filter.since(), "filter.since");
    if (!since.ok()) return since.status();
    selection.since = *since;
  }
  if (selection.since >= selection.until) {
    return Refuse("filter.since", "is not before filter.until");
  }
  absl::Status status = CheckList(filter.client_keys(), "filter.client_keys");
  status.Update(CheckList(filter.providers(), "filter.providers"));
  status.Update(CheckList(filter.models(), "filter.models"));
  status.Update(CheckList(filter.nodes(), "filter.nodes"));
  if (!status.ok()) return status;
  auto ids = KeyIds(filter.client_keys(), "filter.client_keys");
  if (!ids.ok()) return ids.status();
  selection.client_keys = *std::move(ids);
  selection.providers = TextsOf(filter.providers());
  selection.models = TextsOf(filter.models());
  selection.nodes = TextsOf(filter.nodes());
  return selection;
}

absl::StatusOr<admin::v1::QueryUsageResponse> UsageOps::Query(
    const admin::v1::QueryUsageRequest& request) {
  auto by = DimensionsOf(request);
  if (!by.ok()) return by.status();
  auto selection = SelectionOf(request.filter());
  if (!selection.ok()) return selection.status();
  auto response = usage_.Query(*selection, *by);
  if (!response.ok()) return response;
  std::vector<std::string> ids;
  for (const auto& row : response->rows()) ids.push_back(row.client_key_id());
  auto names = KeyNames(ids);
  if (!names.ok()) return names.status();
  for (auto& row : *response->mutable_rows()) {
    const auto name = names->find(row.client_key_id());
    if (name != names->end()) row.set_client_key_name(name->second);
  }
  return response;
}

absl::StatusOr<admin::v1::ListUsageRecordsResponse> UsageOps::List(
    const admin::v1::ListUsageRecordsRequest& request) {
  if (request.limit() < 0 || request.limit() > kMaxRecords) {
    return Refuse("limit", base::Cat(request.limit(), " is not 0 to ", kMaxRecords));
  }
  if (request.before_id() < 0) {
    return Refuse("before_id", base::Cat(request.before_id(), " is below 0"));
  }
  auto selection = SelectionOf(request.filter());
  if (!selection.ok()) return selection.status();
  auto response = usage_.List(*selection, request.before_id(),
                              request.limit() == 0 ? kDefaultRecords : request.limit());
  if (!response.ok()) return response;
  std::vector<std::string> ids;
  for (const auto& stored : response->records()) ids.push_back(stored.record().client_key_id());
  auto names = KeyNames(ids);
  if (!names.ok()) return names.status();
  for (auto& stored : *response->mutable_records()) {
    const auto name = names->find(stored.record().client_key_id());
    if (name != names->end()) stored.set_client_key_name(name->second);
  }
  return response;
}

absl::StatusOr<UsageOps::TailWish> UsageOps::TailWishOf(const admin::v1::TailRequest& request) {
  if (!base::IsStatusFilter(request.status())) {
    return Refuse("status", base::Cat(request.status(),
                                      " is no status of 100 to 599, and no class of 1 to 5"));
  }
  const int lines = request.lines_per_second();
  if (lines < 0 || lines > kMaxLines) {
    return Refuse("lines_per_second", base::Cat(lines, " is not 1 to ", kMaxLines));
  }
  TailWish wish{.filters = {}, .lines_per_second = lines == 0 ? kDefaultLines : lines};
  fleet::v1::TailFilter filter;
  filter.set_provider(request.provider());
  filter.set_status(request.status());
  filter.set_failed_only(request.failed_only());
  if (request.client_key().empty()) {
    wish.filters.push_back(std::move(filter));
    return wish;
  }
  RepeatedPtrField<std::string> keys;
  *keys.Add() = request.client_key();
  auto ids = KeyIds(keys, "client_key");
  if (!ids.ok()) return ids.status();
  for (std::string& id : *ids) {
    wish.filters.push_back(filter);
    wish.filters.back().set_client_key_id(std::move(id));
  }
  return wish;
}

absl::Status UsageOps::NameKeys(RepeatedPtrField<admin::v1::Activity>* keys) {
  std::vector<std::string> ids;
  for (const admin::v1::Activity& key : *keys) ids.push_back(key.name());
  const auto names = KeyNames(ids);
  if (!names.ok()) return names.status();
  for (admin::v1::Activity& key : *keys) {
    const auto name = names->find(key.name());
    if (name != names->end()) key.set_client_key_name(name->second);
  }
  return absl::OkStatus();
}

}  // namespace sluice::ops
