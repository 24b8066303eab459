#include "controlplane/cli/client_key_scope.h"

#include "absl/strings/numbers.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

absl::Status BadRate(std::string_view option, const std::string& text) {
  return absl::InvalidArgumentError(
      base::Cat(option, " \"", Printable(text), "\" is not a number and a time like 100/1m"));
}

absl::Status ParseRate(std::string_view option, const std::string& text, int64_t burst,
                       config::v1::RateLimit* rate) {
  const size_t slash = text.find('/');
  int64_t amount = 0;
  if (slash == std::string::npos || !absl::SimpleAtoi(text.substr(0, slash), &amount)) {
    return BadRate(option, text);
  }
  const absl::StatusOr<absl::Duration> interval = ParseDuration(text.substr(slash + 1));
  if (!interval.ok()) return BadRate(option, text);
  if (burst != 0) rate->set_burst(burst);
  rate->set_amount(amount);
  *rate->mutable_interval() = ToProto(*interval);
  return absl::OkStatus();
}

// Of both the fields have the same names.
template <typename Message>
absl::Status FillAny(const ClientKeyScope& scope, Message* message) {
  message->mutable_methods()->Add(scope.methods.begin(), scope.methods.end());
  message->mutable_endpoints()->Add(scope.endpoints.begin(), scope.endpoints.end());
  message->mutable_models()->Add(scope.models.begin(), scope.models.end());
  if (!scope.rate.empty()) {
    const absl::Status status =
        ParseRate("--rate", scope.rate, scope.burst, message->mutable_limits()->mutable_requests());
    if (!status.ok()) return status;
  }
  if (!scope.tokens.empty()) {
    const absl::Status status = ParseRate("--tokens", scope.tokens, scope.token_burst,
                                          message->mutable_limits()->mutable_tokens());
    if (!status.ok()) return status;
  }
  if (scope.concurrent != 0) message->mutable_limits()->set_concurrent(scope.concurrent);
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
  CLI::Option* metered =
      command->add_option("--tokens", tokens, "Tokens in and out in a time, per data plane")
          ->option_text("N/TIME");
  command->add_option("--token-burst", token_burst, "Of these at once (default all)")
      ->option_text("N")
      ->needs(metered);
  command->add_option("--concurrent", concurrent, "Requests under way, per data plane")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
}

absl::Status ClientKeyScope::Fill(config::v1::ClientKey* key) const { return FillAny(*this, key); }

absl::Status ClientKeyScope::Fill(config::v1::JwtIssuer* issuer) const {
  return FillAny(*this, issuer);
}

void ClientKeyScope::AddPaths(google::protobuf::FieldMask* mask) const {
  if (!methods.empty()) mask->add_paths("methods");
  if (!endpoints.empty()) mask->add_paths("endpoints");
  if (!models.empty()) mask->add_paths("models");
  if (!rate.empty()) mask->add_paths("limits.requests");
  if (!tokens.empty()) mask->add_paths("limits.tokens");
  if (concurrent != 0) mask->add_paths("limits.concurrent");
}

void ClientKeyFreedoms::AddTo(CLI::App* command) {
  command->add_flag("--any-method", any_method, "It may use every method")->excludes("--methods");
  command->add_flag("--any-endpoint", any_endpoint, "It may use every endpoint")
      ->excludes("--endpoints");
  command->add_flag("--any-model", any_model, "It may ask for every model")->excludes("--models");
  command->add_flag("--no-limits", no_limits, "No limit of requests, tokens or at once")
      ->excludes("--rate")
      ->excludes("--tokens")
      ->excludes("--concurrent");
}

void ClientKeyFreedoms::AddPaths(google::protobuf::FieldMask* mask) const {
  if (any_method) mask->add_paths("methods");
  if (any_endpoint) mask->add_paths("endpoints");
  if (any_model) mask->add_paths("models");
  if (no_limits) mask->add_paths("limits");
}

}  // namespace sluice::cli
