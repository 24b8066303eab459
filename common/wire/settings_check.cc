#include "common/wire/settings_check.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <limits>
#include <optional>
#include <string>

#include "common/base/check.h"
#include "common/wire/settings.h"
#include "common/wire/settings_rows.h"

namespace sluice::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// As the documentation of google.protobuf.Duration bounds it.
constexpr int64_t kMaxSeconds = 315'576'000'000;
constexpr int32_t kMaxNanos = 999'999'999;

// Null if the field is absent.
const FieldDescriptor* PresentField(const Message& message, std::string_view name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(std::string(name));
  SLUICE_CHECK(field != nullptr, "a row of settings names a field that config.proto does not have");
  return message.GetReflection()->HasField(message, field) ? field : nullptr;
}

std::optional<absl::Duration> Decode(const google::protobuf::Duration& value) {
  const int64_t seconds = value.seconds();
  const int32_t nanos = value.nanos();
  if (seconds < -kMaxSeconds || seconds > kMaxSeconds) return std::nullopt;
  if (nanos < -kMaxNanos || nanos > kMaxNanos) return std::nullopt;
  if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) return std::nullopt;
  return absl::Seconds(seconds) + absl::Nanoseconds(nanos);
}

void CheckInteger(const IntegerRow& row, int64_t value, ViolationList* list) {
  if (value >= row.min && value <= row.max) return;
  if (row.max == std::numeric_limits<int64_t>::max()) {
    list->Add(row.field, " is ", value, ", but must be at least ", row.min);
  } else {
    list->Add(row.field, " is ", value, ", but must be ", row.min, " to ", row.max);
  }
}

// `within` is put before the name of the field, e.g. "timeouts.".
void CheckDurations(absl::Span<const DurationRow> rows, const Message& message,
                    std::string_view within, ViolationList* list) {
  for (const DurationRow& row : rows) {
    const FieldDescriptor* field = PresentField(message, row.field);
    if (field == nullptr) continue;
    google::protobuf::Duration value;
    value.CopyFrom(message.GetReflection()->GetMessage(message, field));
    const std::optional<absl::Duration> duration = Decode(value);
    if (!duration) {
      list->Add(within, row.field, " is not a valid duration");
    } else if (*duration < row.min || *duration > row.max) {
      list->Add(within, row.field, " is ", absl::FormatDuration(*duration), ", but must be ",
                absl::FormatDuration(row.min), " to ", absl::FormatDuration(row.max));
    }
  }
}

}  // namespace

void CheckTimeouts(const config::v1::Timeouts& timeouts, ViolationList* list) {
  CheckDurations(TimeoutsDurations(), timeouts, "timeouts.", list);
}

void CheckMaxBodyBytes(int64_t bytes, ViolationList* list) {
  for (const IntegerRow& row : SettingsIntegers()) {
    if (row.field == "max_body_bytes") CheckInteger(row, bytes, list);
  }
}

std::vector<Violation> CheckSettings(const config::v1::Settings& settings) {
  ViolationList list("settings");
  for (const IntegerRow& row : SettingsIntegers()) {
    const FieldDescriptor* field = PresentField(settings, row.field);
    if (field == nullptr) continue;
    CheckInteger(row, settings.GetReflection()->GetInt64(settings, field), &list);
  }
  CheckDurations(SettingsDurations(), settings, "", &list);
  CheckTimeouts(settings.timeouts(), &list);
  const config::v1::Settings filled = WithDefaults(settings);
  if (filled.buffer_low_bytes() >= filled.buffer_high_bytes()) {
    list.Add("buffer_low_bytes is ", filled.buffer_low_bytes(),
             ", but must be below buffer_high_bytes, which is ", filled.buffer_high_bytes());
  }
  return std::move(list).Take();
}

}  // namespace sluice::wire
