// Replaces what a field mask names. Pure.
#pragma once

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace sluice::ops {

// Every field of `target` that `mask` names becomes that of `source`, which has the same type; one
// that is absent there becomes absent. `changeable` are the top-level fields that may be named;
// empty: all. InvalidArgument, with `target` untouched, for an empty mask or a path that names no
// such field.
absl::Status ApplyMask(const google::protobuf::Message& source,
                       const google::protobuf::FieldMask& mask,
                       const std::vector<std::string_view>& changeable,
                       google::protobuf::Message* target);

}  // namespace sluice::ops
