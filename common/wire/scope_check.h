// What a client key, or each token of an issuer, may do and how often: the fields that both have.
// Internal to config_check.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <string_view>

#include "common/wire/violation_list.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

using Strings = google::protobuf::RepeatedPtrField<std::string>;

void CheckProviderNames(const Strings& providers, ViolationList* list);
void CheckMethods(const Strings& methods, ViolationList* list);
void CheckGlobs(std::string_view field, const Strings& globs, ViolationList* list);
void CheckBudget(const config::v1::Budget& budget, ViolationList* list);
void CheckLimits(const config::v1::ClientKeyLimits& limits, ViolationList* list);

}  // namespace sluice::wire
