// Options of `sluicectl jwt-issuer create` and `update`: the fields of an issuer, and its secret.
#pragma once

#include <google/protobuf/field_mask.pb.h>

#include <CLI/CLI.hpp>
#include <array>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/cli/client_key_scope.h"
#include "controlplane/cli/terminal.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::cli {

struct JwtIssuerFields {
  void AddTo(CLI::App* command, bool creates);

  // Into `issuer` what was given, and its names into `mask`. InvalidArgument names the option;
  // FailedPrecondition a file that cannot be read.
  absl::Status Apply(const Terminal& terminal, config::v1::JwtIssuer* issuer,
                     google::protobuf::FieldMask* mask) const;

  bool has_secret() const { return !secret_variable_.empty() || !secret_file_.empty(); }
  // Of HS256; as ReadSecret.
  absl::StatusOr<base::Secret> Secret(const Terminal& terminal) const;

 private:
  // A claim by which tokens narrow what they may do.
  struct Claim {
    const char* flag;
    const char* field;
    const char* help;
    std::string name;
    CLI::Option* option = nullptr;
  };

  absl::Status ApplyTrust(const Terminal& terminal, config::v1::JwtIssuer* issuer,
                          google::protobuf::FieldMask* mask) const;
  void ApplyClaims(config::v1::JwtIssuer* issuer, google::protobuf::FieldMask* mask) const;

  std::string issuer_;
  std::vector<std::string> audiences_;
  std::vector<std::string> algorithms_;
  std::string jwks_file_;
  std::string secret_variable_;
  std::string secret_file_;
  std::string leeway_;
  std::vector<std::string> providers_;
  ClientKeyScope scope_;
  std::array<Claim, 7> claims_ = {{
      {"--providers-claim", "providers_claim", "A claim that narrows the providers", "", nullptr},
      {"--endpoints-claim", "endpoints_claim", "A claim that narrows the endpoints", "", nullptr},
      {"--models-claim", "models_claim", "A claim that narrows the models", "", nullptr},
      {"--subject-claim", "subject_claim", "Limits are counted by this claim (default sub)", "",
       nullptr},
      {"--requests-claim", "requests_claim", "A claim that lowers the number of --rate", "",
       nullptr},
      {"--tokens-claim", "tokens_claim", "A claim that lowers the number of --tokens", "", nullptr},
      {"--concurrent-claim", "concurrent_claim", "A claim that lowers --concurrent", "", nullptr},
  }};
  std::vector<std::string> labels_;
};

}  // namespace sluice::cli
