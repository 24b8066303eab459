// Rules of a reference to a provider key. Internal to config_check.
#pragma once

#include "common/wire/violation_list.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

// What a name or path holds is not shown where it breaks a rule: it may be the key, by mistake.
void CheckReference(const config::v1::SecretReference& reference, ViolationList* list);

}  // namespace sluice::wire
