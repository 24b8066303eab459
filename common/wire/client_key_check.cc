// CheckClientKey of config_check.h.
#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "common/wire/field_text.h"
#include "common/wire/key_parts.h"
#include "common/wire/label_check.h"
#include "common/wire/scope_check.h"
#include "common/wire/violation_list.h"

namespace sluice::wire {
namespace {

using config::v1::ClientKey;

constexpr size_t kMaxNoteBytes = 1024;

// What its life so far has left on it.
void CheckLife(const ClientKey& key, ViolationList* list) {
  CheckTime("created_at", key.created_at(), list);
  CheckTime("expires_at", key.expires_at(), list);
  CheckTime("revoked_at", key.revoked_at(), list);
  if (!key.replaced_by().empty() && !IsResourceId(key.replaced_by())) {
    list->Add("replaced_by ", Quoted(key.replaced_by()), " is not the id of a key");
  }
  if (!key.replaced_by().empty() && !key.has_expires_at()) {
    list->Add("replaced_by is given without expires_at: a replaced key must end");
  }
  if (key.cut_streams() && !key.has_revoked_at()) {
    list->Add("cut_streams is given without revoked_at");
  }
}

bool IsNoteText(std::string_view note) {
  return std::none_of(note.begin(), note.end(), [](char c) {
    return absl::ascii_iscntrl(c) && c != '\n' && c != '\r' && c != '\t';
  });
}

}  // namespace

std::vector<Violation> CheckClientKey(const ClientKey& key) {
  ViolationList list(base::Cat("client key ", Quoted(key.name())));
  CheckKeyId(key.id(), &list);
  CheckKeyName(key.name(), &list);
  CheckProviderNames(key.providers(), &list);
  CheckMethods(key.methods(), &list);
  CheckGlobs("endpoints", key.endpoints(), &list);
  CheckGlobs("models", key.models(), &list);
  CheckLimits(key.limits(), &list);
  if (key.has_budget()) CheckBudget(key.budget(), &list);
  CheckLife(key, &list);
  CheckLabels(key.labels(), &list);
  if (key.note().size() > kMaxNoteBytes || !IsNoteText(key.note())) {
    list.Add("note has more than ", kMaxNoteBytes, " bytes or a control character");
  }
  return std::move(list).Take();
}

}  // namespace sluice::wire
