#include "controlplane/cli/field_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/structured_text.h"

namespace sluice::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string TextOfMessage(const Message& message) {
  if (const auto* duration = dynamic_cast<const google::protobuf::Duration*>(&message)) {
    return DurationText(FromProto(*duration));
  }
  if (const auto* timestamp = dynamic_cast<const google::protobuf::Timestamp*>(&message)) {
    return TimeText(FromProto(*timestamp));
  }
  const absl::StatusOr<std::string> json = ToJson(message, JsonStyle::kOneLine);
  return json.ok() ? std::string(absl::StripSuffix(*json, "\n")) : "?";
}

std::string TextOfSingular(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return base::Cat(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return base::Cat(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return base::Cat(reflection.GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortEnumName(*reflection.GetEnum(message, &field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return TextOfMessage(reflection.GetMessage(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? "(bytes)"
                                                         : reflection.GetString(message, &field);
    default:
      return "?";  // the model has no other types
  }
}

// Entries of a map are messages with the fields key and value.
std::string TextOfEntry(const Message& entry) {
  const google::protobuf::Descriptor& type = *entry.GetDescriptor();
  return base::Cat(TextOfSingular(entry, *type.map_key()), "=",
                   TextOfSingular(entry, *type.map_value()));
}

std::string TextOfElement(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return reflection.GetRepeatedString(message, &field, index);
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    return ShortEnumName(*reflection.GetRepeatedEnum(message, &field, index));
  }
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return "?";
  const Message& element = reflection.GetRepeatedMessage(message, &field, index);
  return field.is_map() ? TextOfEntry(element) : TextOfMessage(element);
}

}  // namespace

std::string ShortEnumName(const google::protobuf::EnumValueDescriptor& value) {
  // ENCODED_SLASHES_ of EncodedSlashes.
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  return absl::AsciiStrToLower(absl::StripPrefix(value.name(), prefix + "_"));
}

std::string TextOfField(const Message& message, const FieldDescriptor& field) {
  if (!field.is_repeated()) return TextOfSingular(message, field);
  const int count = message.GetReflection()->FieldSize(message, &field);
  std::vector<std::string> elements;
  elements.reserve(count);
  for (int i = 0; i < count; ++i) {
    elements.push_back(TextOfElement(message, field, i));
  }
  if (field.is_map()) std::sort(elements.begin(), elements.end());
  return absl::StrJoin(elements, ", ");
}

}  // namespace sluice::cli
