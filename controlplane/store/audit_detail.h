// What the audit keeps of a change: each resource before and after, as JSON for people and tools.
// Secrets are told apart (set, changed, removed) and never shown. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/store/resource.h"

namespace sluice::store {

struct ChangeItem {
  ResourceKind kind;
  std::string id;
  std::optional<ResourceRow> before;  // none: it did not exist
  std::optional<ResourceRow> after;   // none: it exists no more
};

// An array, one object an item: kind, id, before and after (null where there was none), secret.
std::string DescribeItems(const std::vector<ChangeItem>& items);

}  // namespace sluice::store
