// CheckProviderKey, CheckProviderSecret and CheckClientKey of config_check.h.
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "common/wire/field_text.h"
#include "common/wire/label_check.h"
#include "common/wire/violation_list.h"

namespace sluice::wire {
namespace {

using config::v1::ClientKey;
using config::v1::ProviderKey;

constexpr size_t kMaxSecretBytes = 4096;
constexpr size_t kMaxNoteBytes = 1024;
constexpr int kMaxKeyProviders = 1024;
// Years 1 to 9999, as the documentation of google.protobuf.Timestamp bounds it.
constexpr int64_t kMinSeconds = -62'135'596'800;
constexpr int64_t kMaxSeconds = 253'402'300'799;
constexpr int32_t kMaxNanos = 999'999'999;

std::string ResourceOf(const ProviderKey& key) {
  return base::Cat("provider key ", Quoted(base::Cat(key.provider(), "/", key.name())));
}

void CheckName(const std::string& name, ViolationList* list) {
  if (IsResourceName(name)) return;
  list->Add("name ", Quoted(name),
            " is not 1 to 63 of a-z 0-9 - _ . ~ with a letter or digit first");
}

// The id is the control plane's: a key that is about to be created has none yet.
void CheckId(const std::string& id, ViolationList* list) {
  if (id.empty() || IsResourceId(id)) return;
  list->Add("id ", Quoted(id), " is not 1 to 64 of a-z 0-9 - _");
}

void CheckTime(std::string_view field, const google::protobuf::Timestamp& time,
               ViolationList* list) {
  if (time.seconds() >= kMinSeconds && time.seconds() <= kMaxSeconds && time.nanos() >= 0 &&
      time.nanos() <= kMaxNanos) {
    return;
  }
  list->Add(field, " is not a valid time");
}

void CheckKeyProviders(const ClientKey& key, ViolationList* list) {
  if (key.providers_size() > kMaxKeyProviders) {
    list->Add("providers has ", key.providers_size(), " entries, but may have at most ",
              kMaxKeyProviders);
    return;
  }
  std::set<std::string_view> seen;
  for (const std::string& provider : key.providers()) {
    if (!IsResourceName(provider)) {
      list->Add("providers has ", Quoted(provider), ", which is not the name of a provider");
    } else if (!seen.insert(provider).second) {
      list->Add("providers has ", Quoted(provider), " twice");
    }
  }
}

bool IsNoteText(std::string_view note) {
  return std::none_of(note.begin(), note.end(), [](char c) {
    return absl::ascii_iscntrl(c) && c != '\n' && c != '\r' && c != '\t';
  });
}

}  // namespace

std::vector<Violation> CheckProviderKey(const ProviderKey& key) {
  ViolationList list(ResourceOf(key));
  CheckId(key.id(), &list);
  CheckName(key.name(), &list);
  if (!IsResourceName(key.provider())) {
    list.Add("provider ", Quoted(key.provider()), " is not the name of a provider");
  }
  CheckTime("created_at", key.created_at(), &list);
  return std::move(list).Take();
}

// No sentence may show the secret, nor a piece of it.
std::vector<Violation> CheckProviderSecret(const ProviderKey& key, std::string_view secret) {
  ViolationList list(ResourceOf(key));
  if (secret.empty()) list.Add("the key itself is empty");
  if (secret.size() > kMaxSecretBytes) {
    list.Add("the key itself has ", secret.size(), " bytes, but may have at most ",
             kMaxSecretBytes);
  }
  if (!std::all_of(secret.begin(), secret.end(), absl::ascii_isgraph)) {
    list.Add(
        "the key itself has a space, a line end or another character that is not printable "
        "ASCII");
  }
  return std::move(list).Take();
}

std::vector<Violation> CheckClientKey(const ClientKey& key) {
  ViolationList list(base::Cat("client key ", Quoted(key.name())));
  CheckId(key.id(), &list);
  CheckName(key.name(), &list);
  CheckKeyProviders(key, &list);
  CheckTime("created_at", key.created_at(), &list);
  CheckTime("expires_at", key.expires_at(), &list);
  CheckTime("revoked_at", key.revoked_at(), &list);
  CheckLabels(key.labels(), &list);
  if (key.note().size() > kMaxNoteBytes || !IsNoteText(key.note())) {
    list.Add("note has more than ", kMaxNoteBytes, " bytes or a control character");
  }
  return std::move(list).Take();
}

}  // namespace sluice::wire
