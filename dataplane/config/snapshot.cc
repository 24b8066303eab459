#include "dataplane/config/snapshot.h"

namespace sluice::config {

const ProviderEntry* Snapshot::FindProvider(std::string_view name) const {
  const auto found = providers_->by_name.find(name);
  return found == providers_->by_name.end() ? nullptr : found->second;
}

}  // namespace sluice::config
