#include "common/wire/settings.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <string>

#include "common/base/check.h"
#include "common/wire/settings_rows.h"

namespace sluice::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* FieldOf(const Message& message, std::string_view name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(std::string(name));
  SLUICE_CHECK(field != nullptr, "a row of settings names a field that config.proto does not have");
  return field;
}

void FillIntegers(absl::Span<const IntegerRow> rows, Message* message) {
  for (const IntegerRow& row : rows) {
    const FieldDescriptor* field = FieldOf(*message, row.field);
    if (message->GetReflection()->HasField(*message, field)) continue;
    message->GetReflection()->SetInt64(message, field, row.value);
  }
}

void FillDurations(absl::Span<const DurationRow> rows, Message* message) {
  for (const DurationRow& row : rows) {
    const FieldDescriptor* field = FieldOf(*message, row.field);
    if (message->GetReflection()->HasField(*message, field)) continue;
    google::protobuf::Duration value;
    value.set_seconds(absl::ToInt64Seconds(row.value));
    value.set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(row.value - absl::Seconds(value.seconds()))));
    message->GetReflection()->MutableMessage(message, field)->CopyFrom(value);
  }
}

}  // namespace

config::v1::Settings DefaultSettings() { return WithDefaults(config::v1::Settings()); }

config::v1::Settings WithDefaults(const config::v1::Settings& settings) {
  config::v1::Settings filled = settings;
  if (!filled.has_enable_passthrough_routes()) filled.set_enable_passthrough_routes(true);
  if (!filled.has_allow_passthrough_v1_alias()) filled.set_allow_passthrough_v1_alias(true);
  FillIntegers(SettingsIntegers(), &filled);
  FillDurations(SettingsDurations(), &filled);
  FillDurations(TimeoutsDurations(), filled.mutable_timeouts());
  return filled;
}

}  // namespace sluice::wire
