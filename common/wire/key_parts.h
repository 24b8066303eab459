// Rules that provider keys and client keys have in common. Internal to config_check.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>

#include "common/wire/violation_list.h"

namespace sluice::wire {

// The id is the control plane's: a key that is about to be created has none yet.
void CheckKeyId(const std::string& id, ViolationList* list);
void CheckKeyName(const std::string& name, ViolationList* list);
void CheckTime(std::string_view field, const google::protobuf::Timestamp& time,
               ViolationList* list);

}  // namespace sluice::wire
