// The ranges of numbers and times that Settings and Provider share. Internal to config_check.
#pragma once

#include <cstdint>

#include "common/wire/violation_list.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

void CheckTimeouts(const config::v1::Timeouts& timeouts, ViolationList* list);
void CheckMaxBodyBytes(int64_t bytes, ViolationList* list);

}  // namespace sluice::wire
