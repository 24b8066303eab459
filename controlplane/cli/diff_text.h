// Differences of resources as people read them: a line for each resource, one for each field below
// it. Pure.
#pragma once

#include <ostream>

#include "google/protobuf/repeated_field.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::cli {

void PrintDiffs(const google::protobuf::RepeatedPtrField<admin::v1::ResourceDiff>& diffs,
                std::ostream& out);

}  // namespace sluice::cli
