// The structure behind both printed forms, for those who add to a message before it is printed.
// Pure; structured_text.cc.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "controlplane/cli/structured_text.h"
#include "google/protobuf/message.h"

namespace sluice::cli {

// Those without presence are set where they are not empty.
enum class JsonFields { kAll, kSet };

absl::StatusOr<nlohmann::ordered_json> ToJsonValue(const google::protobuf::Message& message,
                                                   JsonFields fields);

// With a line end.
std::string JsonText(const nlohmann::ordered_json& value, JsonStyle style);
std::string YamlText(const nlohmann::ordered_json& value);

}  // namespace sluice::cli
