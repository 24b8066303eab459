// The options that describe a provider, shared by create and update.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/field_mask.pb.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::cli {

class ProviderFields {
 public:
  // Bound to this object, which must outlive the parsing.
  void AddTo(CLI::App* command);

  // Sets what was given, and names it in `mask`. InvalidArgument for a bad value and a field given
  // twice.
  absl::Status Apply(config::v1::Provider* provider, google::protobuf::FieldMask* mask) const;

 private:
  struct Simple {
    std::string path;
    std::string text;
    CLI::Option* option = nullptr;
  };
  void AddSimple(CLI::App* command, Simple* simple, const std::string& flag,
                 const std::string& path, const std::string& shape, const std::string& description);
  void AddGuards(CLI::App* command);

  Simple base_url_, strip_v1_, encoded_slashes_, connect_timeout_, first_byte_timeout_,
      stream_idle_timeout_, max_body_bytes_, key_strategy_, max_attempts_, repeat_unsafe_, breaker_,
      breaker_failures_, breaker_minimum_, breaker_window_, breaker_open_for_, max_concurrent_;
  std::vector<std::string> labels_;
  std::vector<std::string> assignments_;  // of --set
};

// Adds `path`; InvalidArgument if it is there.
absl::Status AddToMask(const std::string& path, google::protobuf::FieldMask* mask);

}  // namespace sluice::cli
