#include "controlplane/cli/provider_fields.h"

#include <algorithm>

#include "common/base/text.h"
#include "controlplane/cli/field_path.h"
#include "controlplane/cli/option_checks.h"

namespace sluice::cli {

void ProviderFields::AddSimple(CLI::App* command, Simple* simple, const std::string& flag,
                               const std::string& path, const std::string& shape,
                               const std::string& description) {
  simple->path = path;
  simple->option = command->add_option(flag, simple->text, description)->option_text(shape);
}

void ProviderFields::AddTo(CLI::App* command) {
  AddSimple(command, &base_url_, "--base-url", "base_url", "URL",
            "Where it answers, with the path that endpoints\nare joined to");
  AddSimple(command, &strip_v1_, "--strip-v1", "strip_v1", "true|false",
            "Take a leading v1/ off the endpoint\n(default true)");
  AddSimple(command, &encoded_slashes_, "--encoded-slashes", "encoded_slashes", "decode|preserve",
            "What becomes of %2F in an endpoint\n(default decode)");
  AddSimple(command, &connect_timeout_, "--connect-timeout", "timeouts.connect", "DURATION",
            "For name look-up, TCP and TLS together");
  AddSimple(command, &first_byte_timeout_, "--first-byte-timeout", "timeouts.first_byte",
            "DURATION", "Until the first byte of an answer");
  AddSimple(command, &stream_idle_timeout_, "--stream-idle-timeout", "timeouts.stream_idle",
            "DURATION", "For silence inside an answer");
  AddSimple(command, &max_body_bytes_, "--max-body-bytes", "max_body_bytes", "BYTES",
            "The largest request body");
  AddGuards(command);
  command->add_option("--label", labels_, "A label, name=value; may be repeated")
      ->option_text("NAME=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--set", assignments_,
                   "Any field of a provider, the value as JSON;\nmay be repeated")
      ->option_text("FIELD=JSON")
      ->allow_extra_args(false);
}

void ProviderFields::AddGuards(CLI::App* command) {
  AddSimple(command, &key_strategy_, "--key-strategy", "key_strategy",
            "round-robin|least-loaded|sticky",
            "Which key a request goes with\n(default round-robin)");
  AddSimple(command, &max_attempts_, "--max-attempts", "retries.max_attempts", "N",
            "Tries of a request in all (default 2)");
  AddSimple(command, &repeat_unsafe_, "--repeat-unsafe", "retries.repeat_unsafe", "true|false",
            "Try again also what the provider may have\nbegun to process (default false)");
  AddSimple(command, &breaker_, "--breaker", "breaker.enabled", "true|false",
            "Stop requests while the provider fails\n(default true)");
  AddSimple(command, &breaker_failures_, "--breaker-failures", "breaker.failure_percent", "PERCENT",
            "That must fail (default 50)");
  AddSimple(command, &breaker_minimum_, "--breaker-minimum", "breaker.minimum_requests", "N",
            "Requests that must have ended (default 20)");
  AddSimple(command, &breaker_window_, "--breaker-window", "breaker.window", "DURATION",
            "Of which time they are counted (default 10s)");
  AddSimple(command, &breaker_open_for_, "--breaker-open-for", "breaker.open_for", "DURATION",
            "Until one request probes (default 5s)");
  AddSimple(command, &max_concurrent_, "--max-concurrent", "max_concurrent", "N",
            "Requests under way at once, on each node");
}

absl::Status AddToMask(const std::string& path, google::protobuf::FieldMask* mask) {
  if (std::find(mask->paths().begin(), mask->paths().end(), path) != mask->paths().end()) {
    return absl::InvalidArgumentError(base::Cat("\"", path, "\" is given twice"));
  }
  mask->add_paths(path);
  return absl::OkStatus();
}

absl::Status ProviderFields::Apply(config::v1::Provider* provider,
                                   google::protobuf::FieldMask* mask) const {
  const auto set = [&](const std::string& path, const std::string& text) {
    const absl::Status done = SetField(provider, path, text, "field");
    return done.ok() ? AddToMask(path, mask) : done;
  };
  for (const Simple* simple :
       {&base_url_, &strip_v1_, &encoded_slashes_, &connect_timeout_, &first_byte_timeout_,
        &stream_idle_timeout_, &max_body_bytes_, &key_strategy_, &max_attempts_, &repeat_unsafe_,
        &breaker_, &breaker_failures_, &breaker_minimum_, &breaker_window_, &breaker_open_for_,
        &max_concurrent_}) {
    if (simple->option->count() == 0) continue;
    const absl::Status done = set(simple->path, simple->text);
    if (!done.ok()) return done;
  }
  if (!labels_.empty()) {
    absl::Status done = ParseLabels(labels_, provider->mutable_labels());
    if (done.ok()) done = AddToMask("labels", mask);
    if (!done.ok()) return done;
  }
  for (const std::string& assignment : assignments_) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(
          base::Cat("--set: \"", assignment, "\" is not of the form FIELD=JSON"));
    }
    const absl::Status done = set(assignment.substr(0, equals), assignment.substr(equals + 1));
    if (!done.ok()) return done;
  }
  return absl::OkStatus();
}

}  // namespace sluice::cli
