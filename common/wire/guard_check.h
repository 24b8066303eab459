// The ranges of what guards a provider and its keys: strategy, retries, breaker, cap, weight.
// Internal to config_check.
#pragma once

#include <cstdint>

#include "common/wire/violation_list.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

void CheckGuards(const config::v1::Provider& provider, ViolationList* list);
void CheckWeight(const config::v1::ProviderKey& key, ViolationList* list);

}  // namespace sluice::wire
