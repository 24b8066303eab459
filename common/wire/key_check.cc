// CheckProviderKey and CheckProviderSecret of config_check.h.
#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "common/wire/field_text.h"
#include "common/wire/guard_check.h"
#include "common/wire/key_parts.h"
#include "common/wire/reference_check.h"
#include "common/wire/violation_list.h"

namespace sluice::wire {
namespace {

using config::v1::ProviderKey;

constexpr size_t kMaxSecretBytes = 4096;

std::string ResourceOf(const ProviderKey& key) {
  return base::Cat("provider key ", Quoted(base::Cat(key.provider(), "/", key.name())));
}

}  // namespace

std::vector<Violation> CheckProviderKey(const ProviderKey& key) {
  ViolationList list(ResourceOf(key));
  CheckKeyId(key.id(), &list);
  CheckKeyName(key.name(), &list);
  if (!IsResourceName(key.provider())) {
    list.Add("provider ", Quoted(key.provider()), " is not the name of a provider");
  }
  CheckTime("created_at", key.created_at(), &list);
  CheckWeight(key, &list);
  if (key.has_reference()) CheckReference(key.reference(), &list);
  if (key.generation() < 0) list.Add("generation is ", key.generation(), ", but counts from 1");
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

}  // namespace sluice::wire
