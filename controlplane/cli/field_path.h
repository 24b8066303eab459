// Fields of a message by their proto name, nested with a dot (`timeouts.connect`), and values for
// them as people write them. What `settings set` and `provider update --set` stand on. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace sluice::cli {

// Every field that holds a value by itself; a nested message stands as its fields.
std::vector<std::string> FieldPaths(const google::protobuf::Descriptor& descriptor);

// InvalidArgument names `path` and lists the valid ones; `noun` says what they are, e.g. "setting".
absl::Status CheckFieldPath(const google::protobuf::Descriptor& descriptor, std::string_view path,
                            std::string_view noun);

// Sets the field from text: true|false|on|off, a whole number, a duration (10s), a string, the
// short name of an enum value (preserve); JSON for everything else, and allowed for these too.
// InvalidArgument names `path`, the text and what was expected.
absl::Status SetField(google::protobuf::Message* message, std::string_view path,
                      std::string_view text, std::string_view noun);

// The field as a person reads it; "" if it is absent. `path` must be valid.
std::string FieldText(const google::protobuf::Message& message, std::string_view path);

// A field that is set, as a table shows it.
struct NamedText {
  std::string path;
  std::string text;
};
// The fields of `message` that are set, or have no presence, in their order.
std::vector<NamedText> SetFields(const google::protobuf::Message& message);

}  // namespace sluice::cli
