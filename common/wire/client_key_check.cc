// CheckClientKey of config_check.h.
#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "common/wire/field_text.h"
#include "common/wire/key_parts.h"
#include "common/wire/label_check.h"
#include "common/wire/violation_list.h"

namespace sluice::wire {
namespace {

using config::v1::ClientKey;
using config::v1::RateLimit;
using Strings = google::protobuf::RepeatedPtrField<std::string>;

constexpr size_t kMaxNoteBytes = 1024;
constexpr int kMaxKeyProviders = 1024;
constexpr int kMaxGlobs = 256;
constexpr size_t kMaxGlobBytes = 256;
constexpr int64_t kMaxAmount = 1'000'000'000;
constexpr int64_t kMaxPerSecond = 1'000'000;
constexpr int64_t kMaxIntervalSeconds = int64_t{31} * 24 * 3600;
constexpr int kMaxConcurrent = 1'000'000;

constexpr std::array<std::string_view, 7> kMethods = {"GET",    "POST", "PUT",    "PATCH",
                                                      "DELETE", "HEAD", "OPTIONS"};

void CheckProviders(const ClientKey& key, ViolationList* list) {
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

void CheckMethods(const ClientKey& key, ViolationList* list) {
  std::set<std::string_view> seen;
  for (const std::string& method : key.methods()) {
    if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
      list->Add("methods has ", Quoted(method),
                ", which is not one of GET, POST, PUT, PATCH, DELETE, HEAD and OPTIONS");
    } else if (!seen.insert(method).second) {
      list->Add("methods has ", Quoted(method), " twice");
    }
  }
}

void CheckGlobs(std::string_view field, const Strings& globs, ViolationList* list) {
  if (globs.size() > kMaxGlobs) {
    list->Add(field, " has ", globs.size(), " entries, but may have at most ", kMaxGlobs);
    return;
  }
  for (const std::string& glob : globs) {
    if (glob.empty() || glob.size() > kMaxGlobBytes ||
        !std::all_of(glob.begin(), glob.end(), absl::ascii_isgraph)) {
      list->Add(field, " has ", Quoted(glob), ", which is not 1 to ", kMaxGlobBytes,
                " printable ASCII characters without spaces");
    } else if (glob.front() == '/') {
      list->Add(field, " has ", Quoted(glob), ", which begins with a slash: leave that out");
    }
  }
}

void CheckRate(std::string_view field, const RateLimit& rate, ViolationList* list) {
  const int64_t seconds = rate.interval().seconds();
  if (rate.amount() < 1 || rate.amount() > kMaxAmount) {
    list->Add(field, ".amount ", rate.amount(), " is not 1 to ", kMaxAmount);
  } else if (seconds < 1 || seconds > kMaxIntervalSeconds || rate.interval().nanos() != 0) {
    list->Add(field, ".interval is not 1s to 744h in whole seconds");
  } else if (rate.amount() / seconds > kMaxPerSecond) {
    list->Add(field, " is more than ", kMaxPerSecond, " a second");
  }
  if (rate.has_burst() && (rate.burst() < 1 || rate.burst() > rate.amount())) {
    list->Add(field, ".burst ", rate.burst(), " is not 1 to ", field, ".amount");
  }
}

void CheckLimits(const ClientKey& key, ViolationList* list) {
  if (key.limits().has_requests()) CheckRate("limits.requests", key.limits().requests(), list);
  if (!key.limits().has_concurrent()) return;
  const int concurrent = key.limits().concurrent();
  if (concurrent < 1 || concurrent > kMaxConcurrent) {
    list->Add("limits.concurrent ", concurrent, " is not 1 to ", kMaxConcurrent);
  }
}

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
  CheckProviders(key, &list);
  CheckMethods(key, &list);
  CheckGlobs("endpoints", key.endpoints(), &list);
  CheckGlobs("models", key.models(), &list);
  CheckLimits(key, &list);
  CheckLife(key, &list);
  CheckLabels(key.labels(), &list);
  if (key.note().size() > kMaxNoteBytes || !IsNoteText(key.note())) {
    list.Add("note has more than ", kMaxNoteBytes, " bytes or a control character");
  }
  return std::move(list).Take();
}

}  // namespace sluice::wire
