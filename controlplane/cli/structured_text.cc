#include "controlplane/cli/structured_text.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/base/text.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"

namespace sluice::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::ordered_json;

void NumbersFromText(const Descriptor& descriptor, Json* object);

// The JSON form of protobuf writes 64-bit integers as text; shell tools want numbers.
void NumberFromText(const FieldDescriptor& field, Json* value) {
  constexpr int64_t kExact = int64_t{1} << 53;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 && value->is_string()) {
    int64_t number = 0;
    const bool parsed = absl::SimpleAtoi(value->get_ref<const std::string&>(), &number);
    if (parsed && number <= kExact && number >= -kExact) *value = number;
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && value->is_object()) {
    NumbersFromText(*field.message_type(), value);
  }
}

void NumbersFromText(const Descriptor& descriptor, Json* object) {
  for (auto& [name, value] : object->items()) {
    const FieldDescriptor* field = descriptor.FindFieldByName(name);
    if (field == nullptr) continue;
    if (field->is_map()) {
      for (auto& entry : value) NumberFromText(*field->message_type()->map_value(), &entry);
    } else if (field->is_repeated()) {
      for (auto& element : value) NumberFromText(*field, &element);
    } else {
      NumberFromText(*field, &value);
    }
  }
}

// The fields of `object` as the .proto has them, one under the other; protobuf prints messages and
// lists first.
Json InProtoOrder(const Descriptor& descriptor, Json object);

Json ElementsInProtoOrder(const FieldDescriptor& field, Json value) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field.is_map()) return value;
  if (value.is_object()) return InProtoOrder(*field.message_type(), std::move(value));
  if (!value.is_array()) return value;
  for (Json& element : value) {
    if (element.is_object()) element = InProtoOrder(*field.message_type(), std::move(element));
  }
  return value;
}

Json InProtoOrder(const Descriptor& descriptor, Json object) {
  Json ordered = Json::object();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    const auto found = object.find(field.name());
    if (found == object.end()) continue;
    ordered[field.name()] = ElementsInProtoOrder(field, std::move(*found));
  }
  return ordered;
}

absl::StatusOr<Json> ToJsonValue(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &text, options);
  Json value = printed.ok() ? Json::parse(text, nullptr, false) : Json(Json::value_t::discarded);
  if (value.is_discarded()) {
    return absl::InternalError(
        base::Cat("the answer (", message.GetTypeName(), ") cannot be printed as JSON"));
  }
  NumbersFromText(*message.GetDescriptor(), &value);
  return InProtoOrder(*message.GetDescriptor(), std::move(value));
}

// A plain scalar that YAML would read as something else than text.
bool NeedsQuotes(const std::string& text) {
  const YAML::Node node = YAML::Node(text);
  bool boolean = false;
  double number = 0;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return true;
  return YAML::convert<bool>::decode(node, boolean) ||
         YAML::convert<double>::decode(node, number) || (text[0] >= '0' && text[0] <= '9');
}

void Emit(const Json& value, YAML::Emitter& out) {
  if (value.is_object()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [name, element] : value.items()) {
      out << YAML::Key << name << YAML::Value;
      Emit(element, out);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const Json& element : value) Emit(element, out);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    if (NeedsQuotes(text)) out << YAML::DoubleQuoted;
    out << text;
  } else if (value.is_boolean()) {
    out << value.get<bool>();
  } else if (value.is_number_integer()) {
    out << value.get<int64_t>();
  } else if (value.is_number()) {
    out << value.get<double>();
  } else {
    out << YAML::Null;
  }
}

}  // namespace

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message, JsonStyle style) {
  const absl::StatusOr<Json> value = ToJsonValue(message);
  if (!value.ok()) return value.status();
  const int indent = style == JsonStyle::kPretty ? 2 : -1;
  return value->dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<std::string> ToYaml(const google::protobuf::Message& message) {
  const absl::StatusOr<Json> value = ToJsonValue(message);
  if (!value.ok()) return value.status();
  YAML::Emitter out;
  Emit(*value, out);
  if (!out.good()) {
    return absl::InternalError(
        base::Cat("the answer (", message.GetTypeName(), ") cannot be printed as YAML"));
  }
  return base::Cat(out.c_str(), "\n");
}

}  // namespace sluice::cli
