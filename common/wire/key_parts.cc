#include "common/wire/key_parts.h"

#include "common/wire/field_text.h"

namespace sluice::wire {
namespace {

// Years 1 to 9999, as the documentation of google.protobuf.Timestamp bounds it.
constexpr int64_t kMinSeconds = -62'135'596'800;
constexpr int64_t kMaxSeconds = 253'402'300'799;
constexpr int32_t kMaxNanos = 999'999'999;

}  // namespace

void CheckKeyId(const std::string& id, ViolationList* list) {
  if (id.empty() || IsResourceId(id)) return;
  list->Add("id ", Quoted(id), " is not 1 to 64 of a-z 0-9 - _");
}

void CheckKeyName(const std::string& name, ViolationList* list) {
  if (IsResourceName(name)) return;
  list->Add("name ", Quoted(name),
            " is not 1 to 63 of a-z 0-9 - _ . ~ with a letter or digit first");
}

void CheckTime(std::string_view field, const google::protobuf::Timestamp& time,
               ViolationList* list) {
  if (time.seconds() >= kMinSeconds && time.seconds() <= kMaxSeconds && time.nanos() >= 0 &&
      time.nanos() <= kMaxNanos) {
    return;
  }
  list->Add(field, " is not a valid time");
}

}  // namespace sluice::wire
