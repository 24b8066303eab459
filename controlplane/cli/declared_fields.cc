#include "controlplane/cli/declared_fields.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/field_text.h"
#include "controlplane/cli/near_words.h"
#include "controlplane/cli/table.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/time_util.h"

namespace sluice::cli {
namespace {

using google::protobuf::Duration;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

constexpr size_t kMostShown = 60;

bool Contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// What stands there, for a sentence that says what should.
std::string Shown(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar) return std::string(KindOf(node));
  const std::string text = Printable(node.text);
  return base::Cat("\"", text.substr(0, kMostShown), text.size() > kMostShown ? "..." : "", "\"");
}

absl::Status Expected(const YamlNode& node, const YamlPlace& place, std::string_view what) {
  return place.Refuse(node.line, base::Cat("must be ", what, ", not ", Shown(node)));
}

bool IsText(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kScalar && (node.quoted || !LooksTyped(node.text));
}

bool IsPlain(const YamlNode& node) { return node.kind == YamlNode::Kind::kScalar && !node.quoted; }

absl::StatusOr<std::string> ReadText(const YamlNode& node, const YamlPlace& place) {
  if (IsText(node)) return node.text;
  if (IsPlain(node)) {
    return place.Refuse(node.line, base::Cat("must be text: put ", Printable(node.text),
                                             " in quotes if it is meant so"));
  }
  return Expected(node, place, "text");
}

absl::StatusOr<std::string> ReadBytes(const YamlNode& node, const YamlPlace& place) {
  // Hexadecimal may look like a number.
  const bool hex = node.kind == YamlNode::Kind::kScalar && node.text.size() % 2 == 0 &&
                   std::all_of(node.text.begin(), node.text.end(),
                               [](unsigned char c) { return absl::ascii_isxdigit(c); });
  if (!hex) return Expected(node, place, "hexadecimal digits");
  return absl::HexStringToBytes(node.text);
}

absl::StatusOr<bool> ReadBool(const YamlNode& node, const YamlPlace& place) {
  if (IsPlain(node) && (node.text == "true" || node.text == "false")) return node.text == "true";
  return Expected(node, place, "true or false");
}

template <typename Integer>
absl::StatusOr<Integer> ReadInteger(const YamlNode& node, const YamlPlace& place) {
  Integer number = 0;
  if (IsPlain(node) && absl::SimpleAtoi(node.text, &number)) return number;
  return Expected(node, place, "a whole number");
}

absl::StatusOr<const EnumValueDescriptor*> ReadEnum(const YamlNode& node, const YamlPlace& place,
                                                    const FieldDescriptor& field) {
  std::vector<std::string> names;
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    const EnumValueDescriptor* value = field.enum_type()->value(i);
    const std::string name = ShortEnumName(*value);
    if (IsText(node) && (node.text == value->name() || base::EqualsIgnoreCase(node.text, name))) {
      return value;
    }
    if (i > 0) names.push_back(name);
  }
  return Expected(node, place, absl::StrJoin(names, " or "));
}

absl::Status ReadDuration(const YamlNode& node, const YamlPlace& place, Message* message) {
  if (IsText(node)) {
    if (const auto duration = ParseDuration(node.text); duration.ok()) {
      message->CopyFrom(ToProto(*duration));
      return absl::OkStatus();
    }
    Duration exact;  // as messages print it: "0.25s"
    if (TimeUtil::FromString(node.text, &exact)) {
      message->CopyFrom(exact);
      return absl::OkStatus();
    }
  }
  return Expected(node, place, "a duration like 500ms, 10s, 5m or 1h");
}

absl::Status ReadTime(const YamlNode& node, const YamlPlace& place, Message* message) {
  Timestamp time;
  if (IsText(node) && TimeUtil::FromString(node.text, &time)) {
    message->CopyFrom(time);
    return absl::OkStatus();
  }
  return Expected(node, place, "a time like 2026-01-31T12:00:00Z");
}

absl::Status ReadMessage(const YamlNode& node, const YamlPlace& place, Message* message) {
  if (message->GetDescriptor() == Duration::descriptor()) return ReadDuration(node, place, message);
  if (message->GetDescriptor() == Timestamp::descriptor()) return ReadTime(node, place, message);
  return ReadFields(node, place, {}, {}, message);
}

// A map of text to text.
absl::Status ReadMap(const YamlNode& node, const YamlPlace& place, const FieldDescriptor& field,
                     Message* owner) {
  if (node.kind != YamlNode::Kind::kMap) return Expected(node, place, "a map of name: text");
  for (const YamlEntry& entry : node.entries) {
    auto text = ReadText(entry.value, place.Field(entry.name));
    if (!text.ok()) return text.status();
    Message* added = owner->GetReflection()->AddMessage(owner, &field);
    const auto& type = *field.message_type();
    added->GetReflection()->SetString(added, type.map_key(), entry.name);
    added->GetReflection()->SetString(added, type.map_value(), *std::move(text));
  }
  return absl::OkStatus();
}

absl::Status ReadList(const YamlNode& node, const YamlPlace& place, const FieldDescriptor& field,
                      Message* owner) {
  if (node.kind != YamlNode::Kind::kList) return Expected(node, place, "a list");
  for (size_t i = 0; i < node.elements.size(); ++i) {
    const YamlNode& element = node.elements[i];
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message* added = owner->GetReflection()->AddMessage(owner, &field);
      const absl::Status status = ReadMessage(element, place.Element(i), added);
      if (!status.ok()) return status;
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      auto value = ReadEnum(element, place.Element(i), field);
      if (!value.ok()) return value.status();
      owner->GetReflection()->AddEnum(owner, &field, *value);
    } else {
      auto text = ReadText(element, place.Element(i));
      if (!text.ok()) return text.status();
      owner->GetReflection()->AddString(owner, &field, *std::move(text));
    }
  }
  return absl::OkStatus();
}

template <typename Value, typename Set>
absl::Status Store(absl::StatusOr<Value> value, Set set) {
  if (!value.ok()) return value.status();
  set(*std::move(value));
  return absl::OkStatus();
}

absl::Status ReadField(const YamlNode& node, const YamlPlace& place, const FieldDescriptor& field,
                       Message* owner) {
  const auto& reflection = *owner->GetReflection();
  if (field.is_map()) return ReadMap(node, place, field, owner);
  if (field.is_repeated()) return ReadList(node, place, field, owner);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Store(ReadBool(node, place),
                   [&](bool value) { reflection.SetBool(owner, &field, value); });
    case FieldDescriptor::CPPTYPE_INT64:
      return Store(ReadInteger<int64_t>(node, place),
                   [&](int64_t value) { reflection.SetInt64(owner, &field, value); });
    case FieldDescriptor::CPPTYPE_INT32:
      return Store(ReadInteger<int32_t>(node, place),
                   [&](int32_t value) { reflection.SetInt32(owner, &field, value); });
    case FieldDescriptor::CPPTYPE_ENUM:
      return Store(ReadEnum(node, place, field), [&](const EnumValueDescriptor* value) {
        reflection.SetEnum(owner, &field, value);
      });
    case FieldDescriptor::CPPTYPE_STRING:
      return Store(
          field.type() == FieldDescriptor::TYPE_BYTES ? ReadBytes(node, place)
                                                      : ReadText(node, place),
          [&](std::string value) { reflection.SetString(owner, &field, std::move(value)); });
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadMessage(node, place, reflection.MutableMessage(owner, &field));
    default:
      return place.Refuse(node.line, "cannot be declared");
  }
}

absl::Status NoSuchField(const YamlEntry& entry, const YamlPlace& place,
                         const std::vector<std::string>& known) {
  return place.Refuse(entry.line,
                      base::Cat("there is no field \"", Printable(entry.name).substr(0, kMostShown),
                                "\"", DidYouMean(entry.name, known), " (the fields are ",
                                absl::StrJoin(known, ", "), ")"));
}

}  // namespace

YamlPlace YamlPlace::Field(std::string_view name) const {
  return {file, base::Cat(path, path.empty() ? "" : ".", Printable(name).substr(0, kMostShown))};
}

YamlPlace YamlPlace::Element(size_t index) const {
  return {file, base::Cat(path, "[", index, "]")};
}

absl::Status YamlPlace::Refuse(int line, std::string_view problem) const {
  return absl::FailedPreconditionError(
      base::Cat(file, ":", line, ": ", path, path.empty() ? "" : ": ", problem));
}

absl::Status ReadFields(const YamlNode& node, const YamlPlace& place,
                        const std::vector<std::string>& others,
                        const std::vector<std::string>& closed, Message* message) {
  if (node.kind != YamlNode::Kind::kMap) return Expected(node, place, "a map of fields");
  const google::protobuf::Descriptor& type = *message->GetDescriptor();
  std::vector<std::string> known;
  for (int i = 0; i < type.field_count(); ++i) {
    if (!Contains(closed, type.field(i)->name())) known.push_back(type.field(i)->name());
  }
  known.insert(known.end(), others.begin(), others.end());
  for (const YamlEntry& entry : node.entries) {
    if (Contains(others, entry.name)) continue;
    if (!Contains(known, entry.name)) return NoSuchField(entry, place, known);
    const absl::Status status =
        ReadField(entry.value, place.Field(entry.name), *type.FindFieldByName(entry.name), message);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace sluice::cli
