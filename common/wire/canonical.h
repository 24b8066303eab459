// One message, one byte string: how resources are serialised wherever their bytes are compared.
#pragma once

#include <google/protobuf/message_lite.h>

#include <string>

namespace sluice::wire {

// Fields in the order of their numbers, maps in the order of their keys.
std::string SerializeCanonical(const google::protobuf::MessageLite& message);

}  // namespace sluice::wire
