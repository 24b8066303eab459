// Options of `sluicectl key` for what a key may use in all until the next day or month.
#pragma once

#include <google/protobuf/field_mask.pb.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::cli {

struct BudgetOptions {
  std::vector<std::string> amounts;
  int32_t warn_percent = 0;
  bool strict = false;
  bool none = false;  // takes it away; of update alone

  void AddTo(CLI::App* command);
  void AddNone(CLI::App* command);
  // InvalidArgument names the option.
  absl::Status Fill(config::v1::ClientKey* key) const;
  void AddPaths(google::protobuf::FieldMask* mask) const;
};

// "5000000 tokens/day and $20/day"; "-" if there is none.
std::string BudgetText(const config::v1::ClientKey& key);

}  // namespace sluice::cli
