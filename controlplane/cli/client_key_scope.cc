#include "controlplane/cli/client_key_scope.h"

#include "absl/strings/numbers.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

CLI::Option* AddList(CLI::App* command, const char* name, std::vector<std::string>* list,
                     const char* help) {
  return command->add_option(name, *list, help)
      ->option_text("A,B,...")
      ->delimiter(',')
      ->allow_extra_args(false);
}

absl::Status BadRate(const std::string& text) {
  return absl::InvalidArgumentError(
      base::Cat("--rate \"", Printable(text), "\" is not a number and a time like 100/1m"));
}

absl::Status ParseRate(const std::string& text, config::v1::RateLimit* rate) {
  const size_t slash = text.find('/');
  int64_t amount = 0;
  if (slash == std::string::npos || !absl::SimpleAtoi(text.substr(0, slash), &amount)) {
    return BadRate(text);
  }
  const absl::StatusOr<absl::Duration> interval = ParseDuration(text.substr(slash + 1));
  if (!interval.ok()) return BadRate(text);
  rate->set_amount(amount);
  *rate->mutable_interval() = ToProto(*interval);
  return absl::OkStatus();
}

}  // namespace

void ClientKeyScope::AddTo(CLI::App* command) {
  AddList(command, "--methods", &methods, "The methods it may use (default all)");
  AddList(command, "--endpoints", &endpoints, "Globs, * in a segment, ** beyond (default all)");
  AddList(command, "--models", &models, "Globs of models, *: any run (default all)");
  CLI::Option* rated =
      command->add_option("--rate", rate, "So many requests in a time, per data plane")
          ->option_text("N/TIME");
  command->add_option("--burst", burst, "Of these at once (default all)")
      ->option_text("N")
      ->needs(rated);
  command->add_option("--concurrent", concurrent, "Requests under way, per data plane")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
}

absl::Status ClientKeyScope::Fill(config::v1::ClientKey* key) const {
  key->mutable_methods()->Add(methods.begin(), methods.end());
  key->mutable_endpoints()->Add(endpoints.begin(), endpoints.end());
  key->mutable_models()->Add(models.begin(), models.end());
  if (!rate.empty()) {
    config::v1::RateLimit* requests = key->mutable_limits()->mutable_requests();
    if (absl::Status status = ParseRate(rate, requests); !status.ok()) return status;
    if (burst != 0) requests->set_burst(burst);
  }
  if (concurrent != 0) key->mutable_limits()->set_concurrent(concurrent);
  return absl::OkStatus();
}

void ClientKeyScope::AddPaths(google::protobuf::FieldMask* mask) const {
  if (!methods.empty()) mask->add_paths("methods");
  if (!endpoints.empty()) mask->add_paths("endpoints");
  if (!models.empty()) mask->add_paths("models");
  if (!rate.empty()) mask->add_paths("limits.requests");
  if (concurrent != 0) mask->add_paths("limits.concurrent");
}

void ClientKeyFreedoms::AddTo(CLI::App* command) {
  command->add_flag("--any-method", any_method, "It may use every method")->excludes("--methods");
  command->add_flag("--any-endpoint", any_endpoint, "It may use every endpoint")
      ->excludes("--endpoints");
  command->add_flag("--any-model", any_model, "It may ask for every model")->excludes("--models");
  command->add_flag("--no-limits", no_limits, "It has neither rate nor limit at once")
      ->excludes("--rate")
      ->excludes("--concurrent");
}

void ClientKeyFreedoms::AddPaths(google::protobuf::FieldMask* mask) const {
  if (any_method) mask->add_paths("methods");
  if (any_endpoint) mask->add_paths("endpoints");
  if (any_model) mask->add_paths("models");
  if (no_limits) mask->add_paths("limits");
}

}  // namespace sluice::cli
