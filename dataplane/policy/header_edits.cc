#include "dataplane/policy/header_edits.h"

namespace sluice::policy {

void ApplyEdits(const config::HeaderEdits& edits,
                absl::FunctionRef<bool(std::string_view)> is_protected, http::HeaderList* headers) {
  for (const std::string& name : edits.remove) {
    if (!is_protected(name)) headers->Remove(name);
  }
  for (const auto& [name, value] : edits.set) {
    if (!is_protected(name)) headers->Set(name, value);
  }
  for (const auto& [name, value] : edits.add) {
    if (!is_protected(name)) headers->Add(name, value);
  }
}

}  // namespace sluice::policy
