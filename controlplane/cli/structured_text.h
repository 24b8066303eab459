// Messages as JSON and YAML. Field names are the proto's (snake_case); fields without presence are
// always printed; 64-bit numbers are numbers wherever a double holds them exactly. Both forms have
// the same structure. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace sluice::cli {

enum class JsonStyle { kPretty, kOneLine };

// With a line end. Internal if the message cannot be printed (e.g. a time out of range).
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message, JsonStyle style);
absl::StatusOr<std::string> ToYaml(const google::protobuf::Message& message);

}  // namespace sluice::cli
