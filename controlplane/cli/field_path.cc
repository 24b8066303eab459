#include "controlplane/cli/field_path.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/field_text.h"
#include "controlplane/cli/near_words.h"
#include "google/protobuf/util/json_util.h"

namespace sluice::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsDuration(const FieldDescriptor& field) {
  return field.message_type() == google::protobuf::Duration::descriptor();
}

// A singular message of our own: its fields can be addressed one by one.
bool IsNested(const FieldDescriptor& field) {
  return !field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         !field.message_type()->full_name().starts_with("google.protobuf.");
}

void AppendFieldPaths(const Descriptor& descriptor, const std::string& prefix,
                      std::vector<std::string>* paths) {
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (IsNested(field)) {
      AppendFieldPaths(*field.message_type(), prefix + field.name() + ".", paths);
    } else {
      paths->push_back(prefix + field.name());
    }
  }
}

const FieldDescriptor* FindField(const Descriptor& descriptor, std::string_view path) {
  const Descriptor* owner = &descriptor;
  const FieldDescriptor* field = nullptr;
  for (const absl::string_view part : absl::StrSplit(base::ToAbsl(path), '.')) {
    if (owner == nullptr) return nullptr;
    field = owner->FindFieldByName(std::string(part));
    if (field == nullptr) return nullptr;
    owner = IsNested(*field) ? field->message_type() : nullptr;
  }
  return field;
}

// The message that holds the last field of `path`.
Message* MutableOwner(Message* message, std::string_view path) {
  std::vector<std::string> parts = absl::StrSplit(base::ToAbsl(path), '.');
  parts.pop_back();
  for (const std::string& part : parts) {
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(part);
    message = message->GetReflection()->MutableMessage(message, field);
  }
  return message;
}

// What stands in `text` if it is a JSON string, else `text`.
std::string WithoutJsonQuotes(std::string_view text) {
  if (text.starts_with("\"")) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_string()) return json.get<std::string>();
  }
  return std::string(text);
}

// Dashes may stand for underscores, as in the names of options.
const EnumValueDescriptor* FindEnumValue(const FieldDescriptor& field, std::string_view given) {
  const std::string text = absl::StrReplaceAll(base::ToAbsl(given), {{"-", "_"}});
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    const EnumValueDescriptor* value = field.enum_type()->value(i);
    const std::string short_name = ShortEnumName(*value);
    if (base::EqualsIgnoreCase(text, value->name()) || base::EqualsIgnoreCase(text, short_name)) {
      return value;
    }
  }
  return nullptr;
}

std::string EnumChoices(const FieldDescriptor& field) {
  std::vector<std::string> names;
  for (int i = 1; i < field.enum_type()->value_count(); ++i) {
    names.push_back(ShortEnumName(*field.enum_type()->value(i)));
  }
  return absl::StrJoin(names, " or ");
}

// OK, or what a right value would be.
absl::Status SetBool(Message* owner, const FieldDescriptor& field, const std::string& text) {
  const std::string lower = absl::AsciiStrToLower(text);
  const bool is_true = lower == "true" || lower == "on";
  if (!is_true && lower != "false" && lower != "off") {
    return absl::InvalidArgumentError("must be true or false");
  }
  owner->GetReflection()->SetBool(owner, &field, is_true);
  return absl::OkStatus();
}

absl::Status SetInt32(Message* owner, const FieldDescriptor& field, const std::string& text) {
  int32_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) {
    return absl::InvalidArgumentError("must be a whole number");
  }
  owner->GetReflection()->SetInt32(owner, &field, number);
  return absl::OkStatus();
}

absl::Status SetInt64(Message* owner, const FieldDescriptor& field, const std::string& text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) {
    return absl::InvalidArgumentError("must be a whole number");
  }
  owner->GetReflection()->SetInt64(owner, &field, number);
  return absl::OkStatus();
}

absl::Status SetDuration(Message* owner, const FieldDescriptor& field, const std::string& text) {
  const absl::StatusOr<absl::Duration> duration = ParseDuration(text);
  if (!duration.ok()) {
    return absl::InvalidArgumentError("must be a duration like 500ms, 10s, 5m or 1h");
  }
  owner->GetReflection()->MutableMessage(owner, &field)->CopyFrom(ToProto(*duration));
  return absl::OkStatus();
}

absl::Status SetEnum(Message* owner, const FieldDescriptor& field, const std::string& text) {
  const EnumValueDescriptor* value = FindEnumValue(field, text);
  if (value == nullptr) {
    return absl::InvalidArgumentError(base::Cat("must be ", EnumChoices(field)));
  }
  owner->GetReflection()->SetEnum(owner, &field, value);
  return absl::OkStatus();
}

absl::Status SetJson(Message* owner, const FieldDescriptor& field, std::string_view text) {
  const std::string shape = field.is_map()        ? "a JSON object, e.g. {\"team\":\"search\"}"
                            : field.is_repeated() ? "a JSON list, e.g. [...]"
                                                  : "a JSON object, e.g. {...}";
  const absl::Status wrong = absl::InvalidArgumentError(base::Cat("must be ", shape));
  // Parsed inside an object below: text that is not one whole value must not get that far.
  if (!nlohmann::json::accept(text)) return wrong;
  const std::unique_ptr<Message> holder(owner->New());
  const std::string object = base::Cat("{\"", field.name(), "\":", text, "}");
  const auto parsed = google::protobuf::util::JsonStringToMessage(object, holder.get());
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(base::Cat("must be ", shape, ", with fields of ",
                                                field.message_type() != nullptr && !field.is_map()
                                                    ? field.message_type()->name()
                                                    : std::string("text")));
  }
  owner->GetReflection()->ClearField(owner, &field);
  owner->MergeFrom(*holder);
  return absl::OkStatus();
}

absl::Status SetByType(Message* owner, const FieldDescriptor& field, std::string_view text) {
  if (field.is_repeated()) return SetJson(owner, field, text);
  const std::string plain = WithoutJsonQuotes(text);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return SetBool(owner, field, plain);
    case FieldDescriptor::CPPTYPE_INT32:
      return SetInt32(owner, field, plain);
    case FieldDescriptor::CPPTYPE_INT64:
      return SetInt64(owner, field, plain);
    case FieldDescriptor::CPPTYPE_STRING:
      owner->GetReflection()->SetString(owner, &field, plain);
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(owner, field, plain);
    default:
      return IsDuration(field) ? SetDuration(owner, field, plain) : SetJson(owner, field, text);
  }
}

void AppendSetFields(const Message& message, const std::string& prefix,
                     std::vector<NamedText>* fields) {
  const Descriptor& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.has_presence() && !message.GetReflection()->HasField(message, &field)) continue;
    if (field.is_repeated() && message.GetReflection()->FieldSize(message, &field) == 0) continue;
    if (IsNested(field)) {
      AppendSetFields(message.GetReflection()->GetMessage(message, &field),
                      prefix + field.name() + ".", fields);
    } else {
      fields->push_back({prefix + field.name(), TextOfField(message, field)});
    }
  }
}

}  // namespace

std::vector<std::string> FieldPaths(const Descriptor& descriptor) {
  std::vector<std::string> paths;
  AppendFieldPaths(descriptor, "", &paths);
  return paths;
}

absl::Status CheckFieldPath(const Descriptor& descriptor, std::string_view path,
                            std::string_view noun) {
  if (FindField(descriptor, path) != nullptr) return absl::OkStatus();
  const std::vector<std::string> paths = FieldPaths(descriptor);
  return absl::InvalidArgumentError(base::Cat("there is no ", noun, " \"", path, "\"",
                                              DidYouMean(path, paths), " (the ", noun, "s are ",
                                              absl::StrJoin(paths, ", "), ")"));
}

absl::Status SetField(Message* message, std::string_view path, std::string_view text,
                      std::string_view noun) {
  const absl::Status known = CheckFieldPath(*message->GetDescriptor(), path, noun);
  if (!known.ok()) return known;
  const FieldDescriptor& field = *FindField(*message->GetDescriptor(), path);
  const absl::Status set = SetByType(MutableOwner(message, path), field, text);
  if (set.ok()) return set;
  return absl::InvalidArgumentError(
      base::Cat(noun, " \"", path, "\" ", set.message(), ", not \"", text, "\""));
}

std::string FieldText(const Message& message, std::string_view path) {
  for (NamedText& field : SetFields(message)) {
    if (field.path == path) return std::move(field.text);
  }
  return "";
}

std::vector<NamedText> SetFields(const Message& message) {
  std::vector<NamedText> fields;
  AppendSetFields(message, "", &fields);
  return fields;
}

}  // namespace sluice::cli
