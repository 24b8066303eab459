#include "common/wire/label_check.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "common/wire/field_text.h"

namespace sluice::wire {
namespace {

constexpr size_t kMaxLabels = 64;
constexpr size_t kMaxNameBytes = 63;
constexpr size_t kMaxValueBytes = 256;

bool IsLabelName(const std::string& name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == '/';
  });
}

}  // namespace

void CheckLabels(const google::protobuf::Map<std::string, std::string>& labels,
                 ViolationList* list) {
  if (labels.size() > kMaxLabels) {
    list->Add("labels has ", labels.size(), " entries, but may have at most ", kMaxLabels);
    return;
  }
  // In the order of the names, so that the same labels give the same sentences.
  const std::map<std::string, std::string> sorted(labels.begin(), labels.end());
  for (const auto& [name, value] : sorted) {
    if (!IsLabelName(name)) {
      list->Add("labels has the name ", Quoted(name),
                ", but a name is 1 to 63 of A-Z a-z 0-9 - _ . /");
    }
    if (value.size() > kMaxValueBytes || HasControl(value)) {
      list->Add("labels has a value for ", Quoted(name),
                " that is longer than 256 bytes or has a control character");
    }
  }
}

}  // namespace sluice::wire
