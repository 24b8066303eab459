#include "controlplane/ops/field_mask.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_split.h"
#include "common/base/text.h"

namespace sluice::ops {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Path = std::vector<const FieldDescriptor*>;

absl::Status Unknown(const std::string& path, const Message& message) {
  return absl::InvalidArgumentError(base::Cat("update_mask: \"", base::Escaped(path),
                                              "\" is not a field of ",
                                              message.GetDescriptor()->name()));
}

// Empty if `text` names no field.
Path Parse(const Descriptor* type, const std::string& text) {
  Path path;
  for (const std::string& name : std::vector<std::string>(absl::StrSplit(text, '.'))) {
    const FieldDescriptor* field = type == nullptr ? nullptr : type->FindFieldByName(name);
    if (field == nullptr) return {};
    path.push_back(field);
    const bool has_fields =
        field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated();
    type = has_fields ? field->message_type() : nullptr;
  }
  return path;
}

absl::Status CheckChangeable(const Path& path, const std::vector<std::string_view>& changeable) {
  if (changeable.empty()) return absl::OkStatus();
  const std::string& name = path.front()->name();
  if (std::find(changeable.begin(), changeable.end(), name) != changeable.end()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(base::Cat("update_mask: \"", name, "\" of a ",
                                              path.front()->containing_type()->name(),
                                              " cannot be changed"));
}

void Replace(Message* source, const Path& path, Message* target) {
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const bool present = source->GetReflection()->HasField(*source, path[i]);
    // Both absent: naming a field inside must not bring an empty message into being.
    if (!present && !target->GetReflection()->HasField(*target, path[i])) return;
    source = source->GetReflection()->MutableMessage(source, path[i]);
    target = target->GetReflection()->MutableMessage(target, path[i]);
  }
  target->GetReflection()->SwapFields(target, source, {path.back()});
}

}  // namespace

absl::Status ApplyMask(const Message& source, const google::protobuf::FieldMask& mask,
                       const std::vector<std::string_view>& changeable, Message* target) {
  if (mask.paths().empty()) {
    return absl::InvalidArgumentError("update_mask is empty: name the fields to replace");
  }
  std::vector<Path> paths;
  for (const std::string& text : mask.paths()) {
    paths.push_back(Parse(target->GetDescriptor(), text));
    if (paths.back().empty()) return Unknown(text, *target);
    if (absl::Status status = CheckChangeable(paths.back(), changeable); !status.ok()) {
      return status;
    }
  }
  for (const Path& path : paths) {
    // A fresh copy each time: a path named twice would swap the old value back.
    std::unique_ptr<Message> copy(source.New());
    copy->CopyFrom(source);
    Replace(copy.get(), path, target);
  }
  return absl::OkStatus();
}

}  // namespace sluice::ops
