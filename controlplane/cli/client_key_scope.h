// Options of `sluicectl key` and `sluicectl jwt-issuer` for what may be asked for, and how often.
#pragma once

#include <google/protobuf/field_mask.pb.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::cli {

struct ClientKeyScope {
  std::vector<std::string> methods;
  std::vector<std::string> endpoints;
  std::vector<std::string> models;
  std::string rate;
  int64_t burst = 0;
  std::string tokens;
  int64_t token_burst = 0;
  int32_t concurrent = 0;

  void AddTo(CLI::App* command);
  // InvalidArgument names the option.
  absl::Status Fill(config::v1::ClientKey* key) const;
  absl::Status Fill(config::v1::JwtIssuer* issuer) const;
  void AddPaths(google::protobuf::FieldMask* mask) const;
};

// What takes such a rule away again.
struct ClientKeyFreedoms {
  bool any_method = false;
  bool any_endpoint = false;
  bool any_model = false;
  bool no_limits = false;

  void AddTo(CLI::App* command);
  void AddPaths(google::protobuf::FieldMask* mask) const;
};

}  // namespace sluice::cli
