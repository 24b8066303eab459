// The labels that several resources carry. Internal to config_check.
#pragma once

#include <google/protobuf/map.h>

#include <string>

#include "common/wire/violation_list.h"

namespace sluice::wire {

// Up to 64; a name is 1 to 63 of A-Z a-z 0-9 - _ . /, a value up to 256 bytes without control
// characters.
void CheckLabels(const google::protobuf::Map<std::string, std::string>& labels,
                 ViolationList* list);

}  // namespace sluice::wire
