// Internal to config_check: what a provider's models cost.
#pragma once

#include "common/wire/violation_list.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

void CheckPrices(const config::v1::Provider& provider, ViolationList* list);

}  // namespace sluice::wire
