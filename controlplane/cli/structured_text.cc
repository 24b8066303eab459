#include "controlplane/cli/structured_text.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "common/base/text.h"
#include "controlplane/cli/json_value.h"
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
  // Protobuf prints the entries of a map in any order.
  if (field.is_map()) return Json(nlohmann::json(std::move(value)));
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return value;
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

}  // namespace

absl::StatusOr<Json> ToJsonValue(const google::protobuf::Message& message, JsonFields fields) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = fields == JsonFields::kAll;
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

namespace {

// Reserved by some YAML or other for something else than text.
bool IsReservedWord(std::string_view text) {
  static constexpr std::string_view kWords[] = {"true", "false", "yes", "no",  "on",
                                                "off",  "y",     "n",   "null"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return base::EqualsIgnoreCase(text, word); });
}

// Text that every YAML reader takes as it stands, without quotes.
bool IsPlain(std::string_view text) {
  static constexpr std::string_view kInside = "_./:@%+=~ -";
  if (text.empty() || IsReservedWord(text)) return false;
  if (!absl::ascii_isalpha(static_cast<unsigned char>(text[0])) && text[0] != '/') return false;
  if (text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           kInside.find(c) != std::string_view::npos;
  });
}

// Quoted as JSON does it, which is YAML too.
std::string ScalarText(const Json& value) {
  if (value.is_string() && IsPlain(value.get_ref<const std::string&>())) {
    return value.get<std::string>();
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Block style, an indent of two. `value` goes on in a line that has begun.
void Emit(const Json& value, size_t indent, std::string* out) {
  if (!value.is_structured() || value.empty()) {
    *out += ScalarText(value) + "\n";
    return;
  }
  const std::string margin(indent, ' ');
  bool first = true;
  for (const auto& [name, element] : value.items()) {
    if (!std::exchange(first, false)) *out += margin;
    if (value.is_array()) {
      *out += "- ";
      Emit(element, indent + 2, out);
      continue;
    }
    *out += ScalarText(Json(name)) + ":";
    const bool below = element.is_structured() && !element.empty();
    *out += below ? "\n" + margin + "  " : " ";
    Emit(element, indent + 2, out);
  }
}

}  // namespace

std::string JsonText(const Json& value, JsonStyle style) {
  const int indent = style == JsonStyle::kPretty ? 2 : -1;
  return value.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string YamlText(const Json& value) {
  std::string text;
  Emit(value, 0, &text);
  return text;
}

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message, JsonStyle style) {
  const absl::StatusOr<Json> value = ToJsonValue(message, JsonFields::kAll);
  if (!value.ok()) return value.status();
  return JsonText(*value, style);
}

absl::StatusOr<std::string> ToYaml(const google::protobuf::Message& message) {
  const absl::StatusOr<Json> value = ToJsonValue(message, JsonFields::kAll);
  if (!value.ok()) return value.status();
  return YamlText(*value);
}

}  // namespace sluice::cli
