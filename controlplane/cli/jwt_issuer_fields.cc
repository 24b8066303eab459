#include "controlplane/cli/jwt_issuer_fields.h"

#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/secret_input.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/text_input.h"

namespace sluice::cli {
namespace {

using config::v1::JwtAlgorithm;
using config::v1::JwtIssuer;
using google::protobuf::FieldMask;

// More than the control plane takes, so that it is the one that says so.
constexpr size_t kMaxJwksBytes = size_t{1} << 20;

absl::StatusOr<JwtAlgorithm> AlgorithmNamed(const std::string& name) {
  for (const JwtAlgorithm algorithm :
       {config::v1::JWT_ALGORITHM_RS256, config::v1::JWT_ALGORITHM_ES256,
        config::v1::JWT_ALGORITHM_EDDSA, config::v1::JWT_ALGORITHM_HS256}) {
    const std::string full = config::v1::JwtAlgorithm_Name(algorithm);
    if (base::EqualsIgnoreCase(full, base::Cat("JWT_ALGORITHM_", name))) return algorithm;
  }
  return absl::InvalidArgumentError(base::Cat("--algorithm \"", Printable(name),
                                              "\" is not one of RS256, ES256, EdDSA and HS256"));
}

}  // namespace

void JwtIssuerFields::AddTo(CLI::App* command, bool creates) {
  CLI::Option* issuer = command->add_option("--issuer", issuer_, "What iss has to be")
                            ->option_text(creates ? "TEXT (required)" : "TEXT");
  CLI::Option* audience = command->add_option("--audience", audiences_, "One of what aud may be")
                              ->option_text(creates ? "A,B,... (required)" : "A,B,...")
                              ->delimiter(',')
                              ->allow_extra_args(false);
  issuer->required(creates);
  audience->required(creates);
  AddList(command, "--algorithm", &algorithms_, "Default RS256,ES256,EdDSA; also HS256");
  command->add_option("--jwks-file", jwks_file_, "Its public keys, a JWKS; -: standard input")
      ->option_text("FILE");
  CLI::Option* variable =
      command->add_option("--hs256-from-env", secret_variable_, "Read its HS256 secret there")
          ->option_text("VARIABLE");
  command->add_option("--hs256-from-file", secret_file_, "Or there; -: standard input")
      ->option_text("FILE")
      ->excludes(variable);
  command->add_option("--leeway", leeway_, "Of clocks; at most 10m (default 30s)")
      ->option_text("DURATION");
  AddList(command, "--providers", &providers_, "The providers they may use (default all)");
  scope_.AddTo(command);
  for (Claim& claim : claims_) {
    claim.option = command->add_option(claim.flag, claim.name, claim.help)->option_text("NAME");
  }
  command->add_option("--label", labels_, "A label, name=value; may be repeated")
      ->option_text("NAME=VALUE")
      ->allow_extra_args(false);
}

absl::Status JwtIssuerFields::ApplyTrust(const Terminal& terminal, JwtIssuer* issuer,
                                         FieldMask* mask) const {
  if (!issuer_.empty()) {
    issuer->set_issuer(issuer_);
    mask->add_paths("issuer");
  }
  issuer->mutable_audiences()->Add(audiences_.begin(), audiences_.end());
  if (!audiences_.empty()) mask->add_paths("audiences");
  for (const std::string& name : algorithms_) {
    const auto algorithm = AlgorithmNamed(name);
    if (!algorithm.ok()) return algorithm.status();
    issuer->add_algorithms(*algorithm);
  }
  if (!algorithms_.empty()) mask->add_paths("algorithms");
  if (jwks_file_.empty()) return absl::OkStatus();
  auto jwks = ReadTextInput(jwks_file_, kMaxJwksBytes, terminal);
  if (!jwks.ok()) return jwks.status();
  issuer->set_jwks(*std::move(jwks));
  mask->add_paths("jwks");
  return absl::OkStatus();
}

void JwtIssuerFields::ApplyClaims(JwtIssuer* issuer, FieldMask* mask) const {
  for (const Claim& claim : claims_) {
    if (claim.option->count() == 0) continue;
    issuer->GetReflection()->SetString(
        issuer, issuer->GetDescriptor()->FindFieldByName(claim.field), claim.name);
    mask->add_paths(claim.field);
  }
}

absl::Status JwtIssuerFields::Apply(const Terminal& terminal, JwtIssuer* issuer,
                                    FieldMask* mask) const {
  if (jwks_file_ == "-" && secret_file_ == "-") {
    return absl::InvalidArgumentError(
        "--jwks-file and --hs256-from-file cannot both be standard input");
  }
  absl::Status status = ApplyTrust(terminal, issuer, mask);
  if (status.ok()) status = scope_.Fill(issuer);
  if (status.ok()) status = ParseLabels(labels_, issuer->mutable_labels());
  if (!status.ok()) return status;
  if (!leeway_.empty()) {
    const absl::StatusOr<absl::Duration> leeway = ParseDuration(leeway_);
    if (!leeway.ok()) return leeway.status();
    *issuer->mutable_leeway() = ToProto(*leeway);
    mask->add_paths("leeway");
  }
  issuer->mutable_providers()->Add(providers_.begin(), providers_.end());
  if (!providers_.empty()) mask->add_paths("providers");
  scope_.AddPaths(mask);
  ApplyClaims(issuer, mask);
  if (!labels_.empty()) mask->add_paths("labels");
  return absl::OkStatus();
}

absl::StatusOr<base::Secret> JwtIssuerFields::Secret(const Terminal& terminal) const {
  SecretSource source;
  source.what = "HS256 secret";
  source.flags = "--hs256-from-";
  source.variable = secret_variable_;
  if (secret_file_ == "-") {
    source.positional.push_back(secret_file_);
  } else {
    source.file = secret_file_;
  }
  return ReadSecret(source, terminal);
}

}  // namespace sluice::cli
