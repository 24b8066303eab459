// One field of a message as a cell of a table. Pure.
#pragma once

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace sluice::cli {

// Numbers and text as they are, durations as "5m", times in RFC 3339, enum values by their short
// name, lists of text or enum values with commas, maps as k=v, other messages as JSON on one line.
std::string TextOfField(const google::protobuf::Message& message,
                        const google::protobuf::FieldDescriptor& field);

// "preserve" for ENCODED_SLASHES_PRESERVE: without the enum's name, in lower case.
std::string ShortEnumName(const google::protobuf::EnumValueDescriptor& value);

}  // namespace sluice::cli
