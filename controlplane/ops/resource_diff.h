// What differs between two states of a resource, field by field, for people and tools. A secret is
// named when it differs and never shown. Pure.
#pragma once

#include "controlplane/store/resource_rows.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

admin::v1::ResourceDiff DescribeSpan(const store::ResourceSpan& span);

}  // namespace sluice::ops
